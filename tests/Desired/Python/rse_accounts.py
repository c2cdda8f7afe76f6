"""Writes rse-accounts.cfg as a pod has it, twice, and prints what Rucio reads each time."""
import json
import os
import sys
import tempfile
from pathlib import Path

source, variable, *contents = sys.argv[1:]
sys.path.insert(0, str(Path(source) / 'lib'))
with tempfile.TemporaryDirectory() as home:
    file = Path(home) / 'etc' / 'rse-accounts.cfg'
    file.parent.mkdir()
    os.environ[variable] = home
    from rucio.common.config import get_rse_credentials
    read = []
    for content in contents:
        file.write_text(content)
        read.append(get_rse_credentials())
print(json.dumps(read))

"""Merges conf.d as the images do, over a file with their defaults, and prints what Rucio's own parser makes of it: section -> option -> text."""
import json
import os
import subprocess
import sys

source, defaults, folder, merged = sys.argv[1:]
tool = subprocess.run([sys.executable, source + '/tools/merge_rucio_configs.py', '-s', defaults, folder, '--use-env', '-d', merged], capture_output=True, text=True)
os.environ['RUCIO_CONFIG'] = merged
sys.path.insert(0, source + '/lib')
from rucio.common.config import config_get_list, get_config  # noqa: E402

config = get_config()
print(json.dumps({
    'warnings': [line for line in tool.stderr.splitlines() if 'INFO' not in line and line.strip()],
    'sections': {section: dict(config.items(section)) for section in config.sections()},
    'schemes': config_get_list('conveyor', 'scheme', check_config_table=False),
    'services': config_get_list('hermes', 'services_list', check_config_table=False),
}))

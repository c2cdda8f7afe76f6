"""[[pattern, text], ...] -> whether the pattern matches from the start, as Rucio's transmogrifier asks."""
import json
import re
import sys

json.dump([re.match(pattern, text) is not None for pattern, text in json.load(sys.stdin)], sys.stdout)

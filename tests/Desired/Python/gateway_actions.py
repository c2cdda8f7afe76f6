"""Prints the actions that a Rucio source asks its policy about, wherever that is outside of the policies themselves."""
import ast
import json
import sys
from pathlib import Path

root = Path(sys.argv[1]) / 'lib' / 'rucio'
actions = set()
for file in root.rglob('*.py'):
    place = file.relative_to(root).as_posix()
    if place.startswith('core/permission/') or place == 'gateway/permission.py' or place.startswith('tests/'):
        continue
    for node in ast.walk(ast.parse(file.read_text())):
        if isinstance(node, ast.Call) and 'has_permission' in (getattr(node.func, 'attr', ''), getattr(node.func, 'id', '')):
            given = [k.value for k in node.keywords if k.arg == 'action'] or node.args[1:2]
            if not given or not isinstance(given[0], ast.Constant):
                sys.exit('%s:%d asks about an action that is not written there' % (place, node.lineno))
            actions.add(given[0].value)
print(json.dumps(sorted(actions)))

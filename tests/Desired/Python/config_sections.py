"""Prints section of rucio.cfg -> files under lib/rucio that read it, and which modules read the RSEs when they start."""
import ast
import json
import sys
from collections import defaultdict
from pathlib import Path

root = Path(sys.argv[1]) / 'lib' / 'rucio'
sections, frozen = defaultdict(set), set()
for file in root.rglob('*.py'):
    name, tree = str(file.relative_to(root)), ast.parse(file.read_text())
    for call in (n for n in ast.walk(tree) if isinstance(n, ast.Call)):
        function = call.func.id if isinstance(call.func, ast.Name) else getattr(call.func, 'attr', '')
        if function.startswith('config_') or (isinstance(call.func, ast.Attribute) and 'config' in ast.unparse(call.func.value)):
            section = next((k.value for k in call.keywords if k.arg == 'section'), call.args[0] if call.args else None)
            if isinstance(section, ast.Constant) and isinstance(section.value, str):
                sections[section.value].add(name)
    for function in (n for n in tree.body if isinstance(n, ast.FunctionDef) and n.name == 'run' and name.startswith('daemons/')):
        called = {ast.unparse(n.func).split('.')[-1] for n in ast.walk(function) if isinstance(n, ast.Call)}
        if called & {'get_conveyor_rses', 'list_rses'}:
            frozen.add(name)
print(json.dumps({'sections': {k: sorted(v) for k, v in sections.items()}, 'frozen': sorted(frozen)}))

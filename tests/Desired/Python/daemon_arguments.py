"""Puts argument lists (stdin: daemon -> list of lists) through each daemon's own parser. Prints all daemons there are -> options and their values."""
import argparse
import ast
import json
import sys
from pathlib import Path


def parser_of(daemon):
    tree = ast.parse((Path(sys.argv[1]) / 'bin' / ('rucio-' + daemon)).read_text())
    # The parser alone: the rest of the script would import the daemon and ask for a database.
    names = {'argparse': argparse}
    functions = [n for n in tree.body if getattr(n, 'name', '') == 'get_parser']
    main = [s for n in tree.body if isinstance(n, ast.If) for s in n.body if ast.unparse(s).startswith('parser')]
    exec(compile(ast.Module(ast.parse('import datetime, pathlib, textwrap').body + functions + ([] if functions else main), []), daemon, 'exec'), names)
    return names['get_parser']() if functions else names['parser']


def kind(action):
    if isinstance(action, argparse._StoreTrueAction):
        return 'flag'
    return 'words' if action.nargs == '+' else {int: 'integer', float: 'number'}.get(action.type, 'text')


programs = {p.name[len('rucio-'):] for p in (Path(sys.argv[1]) / 'bin').glob('rucio-*')} - {'admin', 'cache-client', 'dumper'}
answer = {daemon: {} for daemon in programs}
for daemon, lines in json.load(sys.stdin).items():
    if daemon in programs:
        parser = parser_of(daemon)
        answer[daemon] = {
            'options': {o: kind(a) for a in parser._actions for o in a.option_strings},
            'parsed': [{k: str(v) if isinstance(v, Path) else v for k, v in vars(parser.parse_args(line)).items()} for line in lines],
        }
print(json.dumps(answer, default=str))

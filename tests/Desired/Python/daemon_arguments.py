"""Puts argument lists (stdin: daemon -> list) through each daemon's own parser. Prints daemon -> options and their values."""
import argparse
import ast
import json
import sys
from pathlib import Path

answer = {}
for daemon, arguments in json.load(sys.stdin).items():
    tree = ast.parse((Path(sys.argv[1]) / 'bin' / ('rucio-' + daemon)).read_text())
    names = {'argparse': argparse}
    # The function alone: the rest of the script would import the daemon and ask for a database.
    exec(compile(ast.Module([n for n in tree.body if getattr(n, 'name', '') == 'get_parser'], []), daemon, 'exec'), names)
    parser = names['get_parser']()
    answer[daemon] = {
        'options': {o: 'flag' if isinstance(a, argparse._StoreTrueAction) else 'words' if a.nargs == '+'
                    else 'integer' if a.type is int else 'text' for a in parser._actions for o in a.option_strings},
        'parsed': {k: v for k, v in vars(parser.parse_args(arguments)).items()},
    }
print(json.dumps(answer))

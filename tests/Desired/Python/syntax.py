"""Parses each file named as Python 3.9."""
import ast
import sys

for name in sys.argv[1:]:
    with open(name) as file:
        ast.parse(file.read(), name, feature_version=(3, 9))

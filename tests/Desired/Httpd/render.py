# Renders the image's template (argument) the way its j2.py does, from the environment on stdin.
import json
import sys

import jinja2

with open(sys.argv[1], encoding='utf-8') as template:
    text = jinja2.Environment().from_string(template.read()).render(**json.load(sys.stdin))
json.dump([line for line in text.split('\n') if line.strip()], sys.stdout)

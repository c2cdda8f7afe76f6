"""
What a call names: files, and the RSEs they are registered on.

Rucio puts names into paths as they are, takes paths on non-deterministic RSEs from the caller, and checks
prefixes as text. So `a/../../other/file` would be outside of the storage's folder, in that of another VO on the
same host, and the daemons that transfer and delete work for all VOs. And some calls register replicas without
a word to the policy: POST /dids/<scope>/<name> and POST /dids take an RSE and files, the latter even an RSE's id,
of any VO. What the gateway doesn't pass is read from the request itself.
"""

import json
import re
from urllib.parse import unquote

# Text of the users' own, not names.
OTHERS = ('meta', 'rules', 'statuses')


def request_body():
    from flask import has_request_context, request
    return json.loads(request.get_data(as_text=True)) if has_request_context() else {}


def things(value):
    """Every object in it, at any depth."""
    if isinstance(value, dict):
        yield value
        for key, inner in value.items():
            if key not in OTHERS:
                yield from things(inner)
    elif isinstance(value, (list, tuple)):
        for inner in value:
            yield from things(inner)


def stays_inside(thing):
    # A path of its own is nothing a client has to tell: Rucio makes it from name or PFN.
    return 'path' not in thing and all(_is_plain(thing[key]) for key in ('name', 'pfn', 'lfn') if key in thing)


def _is_plain(text):
    if text is None:
        return True
    if not isinstance(text, str):
        return False
    for _ in range(5):
        if unquote(text) == text:
            return not any(part in ('.', '..') for part in re.split(r'[/\\?#;]', text))
        text = unquote(text)
    return False


def registrations(action, kwargs, body):
    """(RSE's id or None, RSE's name or None, files) of each RSE that this call, though about datasets, adds replicas to."""
    if action == 'add_did':
        places = [body]
    elif action == 'attach_dids':
        places = [kwargs.get('attachment')]
    else:
        places = kwargs.get('dids' if action == 'add_dids' else 'attachments')
    for place in places or []:
        if place.get('rse_id') or place.get('rse'):
            yield place.get('rse_id'), place.get('rse'), place.get('dids') or []

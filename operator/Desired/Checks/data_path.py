"""
Does the data path of a VO work? With Rucio's own client and a login of the VO: a small file goes to each storage, is found
there, gets a rule, and is given up again. All of it has a lifetime, so that what a killed check leaves goes by itself.

Environment: RUCIO_CONFIG, and CHECK as JSON: run, scope, rses. Its last words (/dev/termination-log) are one JSON object
with outcome and message; nothing in it is a credential. Python 3.9 syntax: the images run it.
"""

import json
import logging
import os
import re
import shutil
import sys
import tempfile
import time

LIFETIME = 3600
CREDENTIAL = os.environ.get('CHECK_CREDENTIAL', '/opt/rucio/check-credential')
LAST_WORDS = os.environ.get('CHECK_LAST_WORDS', '/dev/termination-log')


class Step(Exception):
    def __init__(self, what, error):
        super().__init__('%s: %s' % (what, short(error)))


def short(error):
    text = re.sub(r'\s+', ' ', str(error)).strip()
    # Users and tokens may be part of a URL.
    text = re.sub(r'//[^/@\s]+@', '//', re.sub(r'(?i)(authz|token|signature)=[^&\s]+', r'\1=…', text))
    return ('%s: %s' % (type(error).__name__, text))[:200]


def step(what, call, *args, **kwargs):
    try:
        return call(*args, **kwargs)
    except Exception as error:  # whatever it is, it ends this storage and not the check
        raise Step(what, error) from error


def credential(folder):
    """Grid tools refuse a proxy or key that others could read, and a Secret's file belongs to root."""
    for name, variable in (('x509up', 'X509_USER_PROXY'), ('tls.crt', 'X509_USER_CERT'), ('tls.key', 'X509_USER_KEY')):
        source = os.path.join(CREDENTIAL, name)
        if os.path.exists(source):
            copy = os.path.join(folder, name)
            with open(os.open(copy, os.O_WRONLY | os.O_CREAT, 0o600), 'wb') as out, open(source, 'rb') as data:
                shutil.copyfileobj(data, out)
            os.environ[variable] = copy


def try_storage(client, uploads, folder, check, rse):
    scope, name = check['scope'], 'check-%s-%s' % (check['run'], rse)
    path = os.path.join(folder, name)
    with open(path, 'wb') as out:
        out.write(os.urandom(1024))
    started = []
    try:
        step('upload', uploads.upload, [{'path': path, 'rse': rse, 'did_scope': scope, 'did_name': name, 'lifetime': LIFETIME, 'register_after_upload': True}])
        started.append(name)
        found = step('listing', lambda: [r for r in client.list_replicas([{'scope': scope, 'name': name}]) if r.get('states', {}).get(rse) == 'AVAILABLE'])
        if not found:
            raise Step('listing', LookupError('the file is registered and no replica of it is available'))
        dataset = name + '-set'
        step('dataset', client.add_dataset, scope, dataset, lifetime=LIFETIME)
        started.append(dataset)
        step('dataset', client.attach_dids, scope, dataset, [{'scope': scope, 'name': name}])
        step('rule', client.add_replication_rule, [{'scope': scope, 'name': dataset}], 1, rse, lifetime=LIFETIME, comment='Check of the data path')
    finally:
        # Also after a failure: as much as can be.
        for did in reversed(started):
            for rule in step('rules', lambda did=did: list(client.list_did_rules(scope, did))):
                step('deletion', client.delete_replication_rule, rule['id'], purge_replicas=True)


def run(check, folder):
    credential(folder)
    logging.basicConfig(stream=sys.stdout, level=logging.INFO)
    from rucio.client import Client
    from rucio.client.uploadclient import UploadClient
    client = step('login', Client)
    step('login', client.whoami)
    uploads = UploadClient(_client=client, logger=logging.getLogger('upload'))
    began, failures = time.monotonic(), []
    for rse in check['rses']:
        try:
            try_storage(client, uploads, folder, check, rse)
        except Step as failed:
            failures.append('%s, %s' % (rse, failed))
    if failures:
        return {'outcome': 'failed', 'message': '; '.join(failures)}
    return {'outcome': 'ok', 'message': 'Uploaded to, found on, ruled and given up on %s in %.1f s' % (', '.join(check['rses']), time.monotonic() - began)}


def main():
    folder = tempfile.mkdtemp(prefix='check-')
    try:
        result = run(json.loads(os.environ['CHECK']), folder)
    except Step as failed:
        result = {'outcome': 'failed', 'message': str(failed)}
    except Exception as error:
        result = {'outcome': 'failed', 'message': short(error)}
    finally:
        shutil.rmtree(folder, ignore_errors=True)
    with open(LAST_WORDS, 'w') as out:
        json.dump(result, out)
    print(json.dumps(result), flush=True)
    return 0 if result['outcome'] == 'ok' else 1


if __name__ == '__main__':
    sys.exit(main())

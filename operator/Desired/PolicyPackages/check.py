"""
Can this policy package be switched on? Asked with Rucio's own image, before any process loads it. Arguments: its name, its module.
bootstrap.py lies beside it. Python 3.9 syntax. The last line says how it ended: {"step", "outcome", "message"}.
"""

import importlib
import importlib.util
import inspect
import json
import sys
import tempfile

from bootstrap import cause, configure


def end(outcome, step, message):
    print(json.dumps({'step': step, 'outcome': outcome, 'message': message[:300]}))
    sys.stdout.flush()
    sys.exit(0 if outcome == 'done' else 1)


def run(step, action):
    try:
        return action()
    except BaseException as error:
        # The text of a database error may quote parameters.
        end('failed', step, cause(error) if getattr(error, 'orig', None) else '%s: %s' % (type(error).__name__, error))


def permission_of(package):
    module = importlib.import_module(package.__name__ + '.permission')
    has_permission = getattr(module, 'has_permission', None)
    if not callable(has_permission):
        raise ImportError('module permission has no function has_permission')
    inspect.signature(has_permission).bind('issuer', 'action', {}, session=None)


def schema_of(package):
    name = package.__name__ + '.schema'
    if importlib.util.find_spec(name) is None:
        return 'schema of Rucio'
    if not callable(getattr(importlib.import_module(name), 'validate_schema', None)):
        raise ImportError('module schema has no function validate_schema')
    return 'schema of its own'


def algorithms_of(package):
    if not hasattr(package, 'get_algorithms'):
        return 'no algorithms'
    try:
        from rucio.common.constants import POLICY_ALGORITHM_TYPES
    except ImportError:
        POLICY_ALGORITHM_TYPES = None
    for kind, named in package.get_algorithms().items():
        if POLICY_ALGORITHM_TYPES is not None and kind not in POLICY_ALGORITHM_TYPES:
            raise ValueError('get_algorithms: this Rucio knows no type %s' % kind)
        if not all(callable(function) for function in named.values()):
            raise ValueError('get_algorithms: not everything in %s is a function' % kind)
    return 'algorithms of its own'


folder = tempfile.TemporaryDirectory()  # 0700, for the merged file holds passwords
run('configuration', lambda: configure(folder.name, needed=(('database', 'default'),)))
run('rucio', lambda: importlib.import_module('rucio.core.permission'))
selected = run('tenant policy', lambda: importlib.import_module('rucio_tenant_policy.selected'))
package = run('import', lambda: selected.load_module(sys.argv[1], sys.argv[2]))
run('permission', lambda: permission_of(package))
found = [run('schema', lambda: schema_of(package)), run('algorithms', lambda: algorithms_of(package))]
end('done', 'check', '%s: permissions, %s' % (package.__name__, ', '.join(found)))

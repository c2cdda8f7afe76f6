"""
Policy packages as Rucio meets them: argv is the tenant policy's folder (the packages are beside it), then the script
that checks them. Prints what is decided, and by which of their parts, for packages good and bad.
"""
import contextlib
import io
import importlib
import json
import os
import runpy
import sys

folder, script = sys.argv[1:3]
sys.argv = ['policy_decisions.py', folder]
with contextlib.redirect_stdout(io.StringIO()):
    stubs = runpy.run_path(os.path.join(os.path.dirname(os.path.abspath(__file__)), 'policy_decisions.py'))
accounts, module = stubs['accounts'], stubs['module']


def check(package):
    if getattr(package, 'SUPPORTED_VERSION', '') == 'another':
        raise stubs['RucioException']('another version')


module('rucio.common.plugins', check_policy_module_version=check)
module('rucio.common.constants', POLICY_ALGORITHM_TYPES=['lfn2pfn'])


def imported(name):
    try:
        return importlib.import_module('rucio_tenant_policy.selected.' + name)
    except Exception as error:
        return type(error).__name__


def asked(package, account, action, **kwargs):
    permission = imported('abc.%s.permission' % package)
    try:
        result = permission.has_permission(accounts[account], action, kwargs, session='session')
    except Exception as error:
        return type(error).__name__
    assert isinstance(result, stubs['PermissionResult'])
    return result.allowed


os.environ['RUCIO_CONFIG'] = os.path.join(os.path.dirname(folder), 'rucio.cfg')
sys.path.insert(0, os.path.dirname(script))


def checked(package):
    sys.argv = [script, package, package + '_policy']
    said = io.StringIO()
    with contextlib.redirect_stdout(said):
        try:
            runpy.run_path(script, run_name='__main__')
        except SystemExit as end:
            return '%s %s: %s' % (end.code, *(json.loads(said.getvalue())[key] for key in ('step', 'message')))


schema = imported('abc.good.schema')
print(json.dumps({
    'asked': asked('good', 'zero-quota', 'add_rule'),
    'denied': asked('good', 'plain', 'set_metadata'),
    'noOpinion': [asked('good', name, 'detach_dids') for name in ('plain', 'zero-quota')],
    'noAction': [asked('good', name, 'set_status') for name in ('plain', 'zero-quota')],
    'global': asked('good', 'root', 'config_set'),
    'root': asked('good', 'admin', 'add_rse'),
    'otherVo': asked('good', 'plain', 'add_replicas', rse='X', rse_id='f' * 32),
    'dots': asked('good', 'plain', 'add_did', name='a/../b'),
    'login': [asked('good', name, 'get_auth_token_user_pass') for name in ('plain', 'zero-quota')],
    'access': asked('good', 'zero-quota', 'access_rule_vo'),
    'error': asked('good', 'plain', 'add_did', name='a'),
    'schema': getattr(schema, 'OWN', schema),
    'sameModule': schema is sys.modules.get('good_policy.schema'),
    'noSchema': imported('abc.silent.schema'),
    'algorithms': {kind: sorted(named) for kind, named in imported('abc.good').get_algorithms().items()},
    'broken': [asked('broken', 'plain', 'add_rule'), asked('broken', 'root', 'add_rse'), imported('abc.broken').get_algorithms()],
    'silent': asked('silent', 'plain', 'add_rule'),
    'another': asked('another', 'plain', 'add_rule'),
    'unknown': imported('abc.unknown'),
    'checked': [checked(package) for package in ('good', 'broken', 'silent', 'another', 'exits')],
    'shadowed': json.__file__.startswith(os.path.dirname(folder)),
}))

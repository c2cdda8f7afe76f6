"""
Imports the tenant policy (argv: its parent folder, and `single` for a single-VO Rucio) with just enough of Rucio
around it, and prints its table and what it decides: action -> accounts that may. The generic policy of that mode says
yes to `plain` alone, the other one to everybody. Standard input: cases (account, action, kwargs, body of the request),
answered one by one.
"""
import json
import sys
import types


class Account:
    def __init__(self, name, vo):
        self.external, self.vo = name, vo
        self.internal = name if vo == 'def' else '%s@%s' % (name, vo)

    def __str__(self):
        return self.internal


class PermissionResult:
    def __init__(self, allowed, message=''):
        self.allowed, self.message = allowed, message


class RucioException(Exception):
    pass


class RSENotFound(RucioException):
    pass


class Scope(Account):
    def __eq__(self, other):
        return self.internal == other.internal


def module(name, **content):
    sys.modules[name] = types.ModuleType(name)
    for key, value in content.items():
        setattr(sys.modules[name], key, value)
    parent, _, child = name.rpartition('.')
    if parent:
        setattr(sys.modules[parent], child, sys.modules[name])


def generic(issuer, action, kwargs, session):
    if session != 'session':
        raise AssertionError('no session')
    if 'raise' in kwargs:
        raise kwargs['raise']
    return kwargs.get('generic', issuer.external == 'plain')


def get_rse_vo(rse_id, session):
    if rse_id not in OWNERS:
        raise RSENotFound(rse_id)
    return OWNERS[rse_id]


def get_rse_id(rse, vo, session):
    for rse_id, name in (('a' * 32, 'DISK'), ('b' * 32, 'OTHER')):
        if rse == name:
            return rse_id
    raise RSENotFound(rse)


def get_rule(rule_id, session):
    account, _, locked = rule_id.partition('/')
    return {'account': accounts[account], 'locked': bool(locked)}


single = sys.argv[2:] == ['single']
body = None
OWNERS = {'a' * 32: 'def' if single else 'abc', 'b' * 32: 'def' if single else 'abc', 'f' * 32: 'xyz'}
for name in ('rucio', 'rucio.common', 'rucio.core', 'sqlalchemy'):
    module(name)
module('rucio.common.config', config_get_bool=lambda section, option, **_: (section, option, not single) == ('common', 'multi_vo', True))
module('rucio.common.exception', RucioException=RucioException, RSENotFound=RSENotFound)
module('rucio.common.types', InternalScope=Scope)
module('sqlalchemy.exc', SQLAlchemyError=type('SQLAlchemyError', (Exception,), {}))
module('rucio.core.account', has_account_attribute=lambda account, key, session: account.external == 'admin' and key == 'admin')
module('rucio.core.account_limit', get_local_account_limit=lambda account, rse_ids, session: {
    'with-quota': 1, 'unlimited': float('inf'), 'zero-quota': 0}.get(account.external) if rse_ids == 'a' * 32 else None)
module('rucio.core.rse', get_rse_id=get_rse_id, get_rse_vo=get_rse_vo)
module('rucio.core.scope', is_scope_owner=lambda scope, account, session: scope.internal == Scope('s.' + account.external, account.vo).internal)
module('rucio.core.rule', get_rule=get_rule)
module('flask', has_request_context=lambda: body is not None, request=types.SimpleNamespace(get_data=lambda as_text: json.dumps(body)))
module('rucio.core.permission')

sys.path.insert(0, sys.argv[1])
import rucio_tenant_policy  # noqa: E402
from rucio_tenant_policy import permission  # noqa: E402

# Only now: a single-VO Rucio imports the policy half way through its own rucio.core.permission.
module('rucio.core.permission', PermissionResult=PermissionResult)
module('rucio.core.permission.generic', has_permission=generic if single else lambda *_, **__: True)
module('rucio.core.permission.generic_multi_vo', has_permission=generic if not single else lambda *_, **__: True)

vo = 'def' if single else 'abc'
accounts = {name: Account(name, vo) for name in ('root', 'admin', 'plain', 'with-quota', 'unlimited', 'zero-quota')}
if single:
    accounts['false-super_root'] = Account('super_root', 'def')
else:
    accounts = {'super_root': Account('super_root', 'def'), **accounts, 'false-super_root': Account('super_root', 'abc')}


def ask(name, action, /, **kwargs):
    kwargs = {**({'rule_id': 'plain', 'options': {}, 'override': {}} if action in permission.RULE else {}), **kwargs}
    result = permission.has_permission(accounts[name], action, kwargs, session='session')
    assert isinstance(result, PermissionResult) and isinstance(result.allowed, bool), action
    return result.allowed


def raised(error):
    try:
        return ask('plain', 'detach_dids', **{'raise': error})
    except Exception as e:
        return type(e).__name__


def answer(name, action, kwargs, request):
    global body
    body = request
    try:
        return ask(name, action, **kwargs)
    except RucioException as e:
        return type(e).__name__
    finally:
        body = None


tables = {k: sorted(getattr(permission, k)) for k in ('GLOBAL', 'VO_ROOT', 'QUOTA', 'RULE', 'ADMIN', 'SELF', 'GENERIC')}
print(json.dumps({
    'supported': rucio_tenant_policy.SUPPORTED_VERSION,
    'tables': tables,
    'allowed': {action: [name for name in accounts if ask(name, action, rse='DISK', rse_id='a' * 32, **{'dids': [], 'attachments': [], 'attachment': {}} if action in permission.NAMING else {})]
                for action in sum(tables.values(), []) + ['invented', None]},
    'otherRse': [name for name in accounts if ask(name, 'add_replicas', rse='OTHER', rse_id='b' * 32)],
    'noRse': [name for name in accounts if ask(name, 'add_replicas')],
    'scratchdisk': [name for name in accounts if ask(name, 'add_replicas', rse='X_SCRATCHDISK', rse_id='b' * 32)],
    'genericNone': ask('plain', 'detach_dids', generic=None),
    'genericText': ask('plain', 'detach_dids', generic='yes'),
    'onTypeError': raised(TypeError('secret')),
    'onKeyError': raised(KeyError('secret')),
    'onRucioException': raised(RucioException('x')),
    'onDatabaseError': raised(sys.modules['sqlalchemy.exc'].SQLAlchemyError('x')),
    'answers': [answer(*case) for case in json.loads(sys.stdin.read() or '[]')],
}))

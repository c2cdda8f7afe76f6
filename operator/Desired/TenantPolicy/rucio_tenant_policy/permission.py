"""
Decides every action of Rucio's gateway, by the table in actions.py. Python 3.9 syntax: the images run it.

Rucio's generic_multi_vo policy knows no difference between what belongs to a VO and what belongs to the
whole instance: root of any VO may rewrite the config table of all of them, while an ordinary account can't
even finish an upload, or delete a rule of its own.
"""

import logging

from rucio.common.config import config_get_bool
from rucio.common.exception import RSENotFound, RucioException
from rucio.common.types import InternalScope
from rucio.core.account import has_account_attribute
from rucio.core.account_limit import get_local_account_limit
from rucio.core.rse import get_rse_id, get_rse_vo
from sqlalchemy.exc import SQLAlchemyError

from .actions import ADMIN, GENERIC, GLOBAL, NAMING, QUOTA, RULE, SELF, VO_ROOT
from .naming import registrations, request_body, stays_inside, things

LOGGER = logging.getLogger('policy')
MULTI_VO = config_get_bool('common', 'multi_vo', raise_exception=False, default=False, check_config_table=False)

# What the account of a rule may change about it; the rest takes from others: another account's quota, a lock, the
# transfers of other rules on the same files.
RULE_OPTIONS = frozenset(('comment', 'lifetime', 'activity', 'source_replica_expression', 'priority', 'state', 'purge_replicas', 'meta'))
MOVE_OPTIONS = frozenset(('copies', 'comment', 'lifetime', 'activity', 'source_replica_expression', 'grouping', 'weight', 'notify', 'purge_replicas'))


def has_permission(issuer, action, kwargs, *, session):
    return guarded(issuer, action, lambda: decided(issuer, action, kwargs, session))


def decided(issuer, action, kwargs, session):
    # Not `or`: Rucio's results are false when they deny.
    apart = kept_apart(issuer, action, kwargs, session)
    return usual(issuer, action, kwargs, session) if apart is None else apart


def guarded(issuer, action, decide):
    try:
        return decide()
    except (RucioException, SQLAlchemyError):
        # Ends the call with the error clients know (RuleNotFound is 404, a lost database isn't a denial).
        raise
    except Exception as error:
        # Rucio would take a TypeError for an action without an opinion and ask the single-VO policy instead.
        LOGGER.error('Policy failed on %s for %s: %s', action, issuer, type(error).__name__)
        return only(False, 'The policy of this VO failed on it.')


def kept_apart(issuer, action, kwargs, session):
    """What keeps VOs apart, whatever a VO's own policy says; None: that is not at stake."""
    if action in GLOBAL:
        return only(issuer.internal == ('super_root' if MULTI_VO else 'root'), 'It concerns all VOs and belongs to the instance.')
    if action in VO_ROOT:
        return only(issuer.external == 'root', 'It belongs to the VO itself: declare it with the VO.')
    if action not in QUOTA | RULE | ADMIN | SELF | GENERIC:
        return only(False, 'The policy of this VO knows no action %s.' % action)
    if action in NAMING:
        body = request_body()
        if not all(stays_inside(thing) for thing in things([kwargs, body])):
            return only(False, 'A name or path in it leads out of its storage.')
        if action not in QUOTA and not all(_is_own(issuer, *_rse(issuer, place, session), session) for place in registrations(action, kwargs, body)):
            return only(False, 'There is no such RSE in this VO.')
    if kwargs.get('rse_id') and not _is_own(issuer, kwargs['rse_id'], session):
        return only(False, 'There is no such RSE in this VO.')
    return None


def usual(issuer, action, kwargs, session):
    if action in QUOTA:
        return only(_has_quota(issuer, kwargs.get('rse_id'), session), 'The account needs a quota there.')
    if action in RULE:
        return only(_is_admin(issuer, session) or _is_own_rule(issuer, action, kwargs, session), 'That takes the account of the rule, or the attribute admin.')
    if action in ADMIN:
        return only(_is_admin(issuer, session), 'That takes the attribute admin.')
    if action in NAMING and not _is_admin(issuer, session) and not _may_name(issuer, action, kwargs, session):
        return only(False, 'Registering files takes a quota on the RSE and the files\' own scope; rules are for oneself and not locked.')
    if action in SELF:
        return only(_is_admin(issuer, session) or request_body().get('account') == issuer.external, 'Only for oneself.')
    # Rucio asks about both, for one and the same.
    action = 'set_metadata' if action == 'set_metadata_bulk' else action
    return only(_generic().has_permission(issuer, action, kwargs, session=session) is True, '')


def _is_admin(issuer, session):
    return issuer.external == 'root' or has_account_attribute(account=issuer, key='admin', session=session)


def _has_quota(issuer, rse_id, session):
    # Root moves no data but may check; Rucio asks no quota of accounts with the attribute `admin` either.
    if _is_admin(issuer, session):
        return True
    if not isinstance(rse_id, str):  # anything else would be answered for all RSEs together
        return False
    limit = get_local_account_limit(account=issuer, rse_ids=rse_id, session=session)
    return limit is not None and limit > 0


def _rse(issuer, place, session):
    rse_id, rse, _ = place
    return (rse_id or get_rse_id(rse=rse, vo=issuer.vo, session=session),)


def _is_own(issuer, rse_id, session):
    try:
        return isinstance(rse_id, str) and get_rse_vo(rse_id=rse_id, session=session) == issuer.vo
    except RSENotFound:
        return False


def _may_name(issuer, action, kwargs, session):
    if action in ('add_did', 'add_dids'):
        dids = [kwargs] if action == 'add_did' else kwargs['dids']
        if any(rule.get('locked') for did in dids for rule in did.get('rules') or []):
            return False
    from rucio.core.scope import is_scope_owner
    for place in registrations(action, kwargs, request_body()):
        scopes = {file['scope'] for file in place[2]}
        if not _has_quota(issuer, *_rse(issuer, place, session), session) \
                or not all(is_scope_owner(scope=InternalScope(scope, vo=issuer.vo), account=issuer, session=session) for scope in scopes):
            return False
    return True


def _is_own_rule(issuer, action, kwargs, session):
    from rucio.core.rule import get_rule
    rule = get_rule(kwargs['rule_id'], session=session)
    if rule['account'] != issuer or rule['locked']:
        return False
    if action == 'update_rule':
        return RULE_OPTIONS.issuperset(kwargs['options'])
    return action != 'move_rule' or MOVE_OPTIONS.issuperset(kwargs['override'])


def _generic():
    # Late, as below: a single-VO Rucio loads this module while rucio.core.permission is only half there.
    if MULTI_VO:
        from rucio.core.permission import generic_multi_vo
        return generic_multi_vo
    from rucio.core.permission import generic
    return generic


def only(allowed, otherwise):
    from rucio.core.permission import PermissionResult
    return PermissionResult(allowed, '' if allowed else otherwise)

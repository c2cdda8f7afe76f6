"""
Decides every action of Rucio's gateway by the table below. Python 3.9 syntax: the images run it.

Rucio's generic_multi_vo policy knows no difference between what belongs to a VO and what belongs to the
whole instance: root of any VO may rewrite the config table of all of them, while an ordinary account can't
even finish an upload. Here:

GLOBAL    state without a VO in it. Only super_root of VO `def`; in a single-VO Rucio its root.
VO_ROOT   what the VO consists of. Only the VO's root, which the operator keeps to itself; the attribute
          `admin` doesn't help. add_account_identity and del_account_identity are here, not in GLOBAL: the
          gateway takes the account in the caller's VO, so super_root (VO `def`) couldn't reach a tenant's
          account at all, and a VO's root can't reach another VO's.
QUOTA     adding replicas and changing their state: whoever has a local limit on that RSE. Rucio passes only
          the RSE, no files, so a quota means trust with every replica of the VO on that RSE; the scope is
          still checked for files that are new (add_dids).
GENERIC   the rest, as generic_multi_vo (single-VO: generic) decides.

What is not in the table is denied.
"""

import logging

from rucio.common.config import config_get_bool
from rucio.common.exception import RucioException
from rucio.core.account import has_account_attribute
from rucio.core.account_limit import get_local_account_limit
from sqlalchemy.exc import SQLAlchemyError

LOGGER = logging.getLogger('policy')
MULTI_VO = config_get_bool('common', 'multi_vo', raise_exception=False, default=False, check_config_table=False)

GLOBAL = frozenset((
    'add_vo', 'list_vos', 'update_vo', 'recover_vo_root_identity',
    'config_get', 'config_has_option', 'config_has_section', 'config_items', 'config_remove_option',
    'config_remove_section', 'config_sections', 'config_set',
    'list_heartbeats', 'send_heartbeats',
    'list_transfer_limits', 'set_transfer_limit', 'delete_transfer_limit',
    'get_request_metrics',      # without an RSE it counts the requests of all VOs
    'add_key', 'add_value',     # metadata conventions have no VO
    'del_identity',             # identities have no VO
))

VO_ROOT = frozenset((
    'add_account', 'del_account', 'update_account', 'add_attribute', 'del_attribute',
    'add_account_identity', 'del_account_identity',
    'set_local_account_limit', 'set_global_account_limit',
    'delete_local_account_limit', 'delete_global_account_limit',
    'add_scope', 'update_scope',
    # A subscription without a scope filter would make rules on other VOs' data.
    'add_subscription', 'update_subscription',
    # Daemons use one credential for all VOs, so whoever names hosts and paths names other VOs' files too.
    'add_rse', 'update_rse', 'del_rse', 'add_rse_attribute', 'del_rse_attribute',
    'add_protocol', 'update_protocol', 'del_protocol',
    'add_distance', 'update_distance', 'delete_distance',
    'set_rse_usage', 'set_rse_limits', 'delete_rse_limits',
    'add_qos_policy', 'delete_qos_policy',  # asked with the VO `def`: the name root is all there is to see
    'import', 'export',
    'quarantine_file_replicas',  # has files deleted by their path
))

QUOTA = frozenset(('add_replicas', 'update_replicas_states'))

GENERIC = frozenset((
    'get_auth_token_gss', 'get_auth_token_saml', 'get_auth_token_ssh', 'get_auth_token_user_pass',
    'get_auth_token_x509',
    'add_did', 'add_dids', 'attach_dids', 'attach_dids_to_dids', 'detach_dids', 'create_did_sample',
    'set_metadata', 'set_metadata_bulk', 'set_status', 'resurrect',
    'remove_did_from_followed', 'remove_dids_from_followed',
    'add_rule', 'access_rule_vo', 'approve_rule', 'del_rule', 'move_rule', 'reduce_rule', 'update_rule',
    'delete_replicas', 'skip_availability_check', 'declare_bad_file_replicas',
    'declare_suspicious_file_replicas', 'add_bad_pfns', 'set_tombstone', 'get_signed_url',
    'get_request_by_did', 'get_request_history_by_did', 'list_requests', 'list_requests_history',
    'get_local_account_usage', 'get_global_account_usage', 'update_lifetime_exceptions',
))


def has_permission(issuer, action, kwargs, *, session):
    try:
        return _decide(issuer, action, kwargs, session)
    except (RucioException, SQLAlchemyError):
        # Ends the call with the error clients know (RuleNotFound is 404, a lost database isn't a denial).
        raise
    except Exception as error:
        # Rucio would take a TypeError for an action without an opinion and ask the single-VO policy instead.
        LOGGER.error('Policy failed on %s for %s: %s', action, issuer, type(error).__name__)
        return _only(False, 'The policy of this VO failed on it.')


def _decide(issuer, action, kwargs, session):
    if action in GLOBAL:
        return _only(issuer.internal == ('super_root' if MULTI_VO else 'root'), 'It concerns all VOs and belongs to the instance.')
    if action in VO_ROOT:
        return _only(issuer.external == 'root', 'It belongs to the VO itself: declare it with the VO.')
    if action in QUOTA:
        return _only(_has_quota(issuer, kwargs, session), 'The account needs a quota there.')
    if action in GENERIC:
        return _only(_generic().has_permission(issuer, action, kwargs, session=session) is True, '')
    return _only(False, 'The policy of this VO knows no action %s.' % action)


def _has_quota(issuer, kwargs, session):
    # Root moves no data but may check; Rucio asks no quota of accounts with the attribute `admin` either.
    if issuer.external == 'root' or has_account_attribute(account=issuer, key='admin', session=session):
        return True
    rse_id = kwargs.get('rse_id')
    if not isinstance(rse_id, str):  # anything else would be answered for all RSEs together
        return False
    limit = get_local_account_limit(account=issuer, rse_ids=rse_id, session=session)
    return limit is not None and limit > 0


def _generic():
    # Late, as below: a single-VO Rucio loads this module while rucio.core.permission is only half there.
    if MULTI_VO:
        from rucio.core.permission import generic_multi_vo
        return generic_multi_vo
    from rucio.core.permission import generic
    return generic


def _only(allowed, otherwise):
    from rucio.core.permission import PermissionResult
    return PermissionResult(allowed, '' if allowed else otherwise)

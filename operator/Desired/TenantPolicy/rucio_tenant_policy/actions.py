"""
Every action Rucio's gateway asks about, by who decides it. What is in no set is denied.

GLOBAL    state without a VO in it. Only super_root of VO `def`; in a single-VO Rucio its root.
VO_ROOT   what the VO consists of. Only the VO's root, which the operator keeps to itself; the attribute
          `admin` doesn't help. add_account_identity and del_account_identity are here, not in GLOBAL: the
          gateway takes the account in the caller's VO, so super_root (VO `def`) couldn't reach a tenant's
          account at all, and a VO's root can't reach another VO's.
QUOTA     adding replicas and changing their state: whoever has a local limit on that RSE. Rucio passes only
          the RSE, no files, so a quota means trust with every replica of the VO on that RSE; the scope is
          still checked for files that are new (add_dids).
RULE      changing rules: the account the rule is for, within what it could have asked for with add_rule.
          generic_multi_vo leaves them to `admin`, so that nobody gets rid of what he uploaded himself.
ADMIN     what generic_multi_vo leaves to root alone and the people who look after a VO's data need.
SELF      for one's own account; generic_multi_vo misses the account among what it is given.
GENERIC   the rest, as generic_multi_vo (single-VO: generic) decides.
"""

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

RULE = frozenset(('del_rule', 'update_rule', 'reduce_rule', 'move_rule'))

ADMIN = frozenset(('declare_bad_file_replicas', 'add_bad_pfns'))

SELF = frozenset(('remove_did_from_followed',))

GENERIC = frozenset((
    'get_auth_token_gss', 'get_auth_token_saml', 'get_auth_token_ssh', 'get_auth_token_user_pass',
    'get_auth_token_x509',
    'add_did', 'add_dids', 'attach_dids', 'attach_dids_to_dids', 'detach_dids', 'create_did_sample',
    'set_metadata', 'set_metadata_bulk', 'set_status', 'resurrect',
    'remove_dids_from_followed',
    'add_rule', 'access_rule_vo', 'approve_rule',
    'delete_replicas', 'skip_availability_check',
    'declare_suspicious_file_replicas', 'set_tombstone', 'get_signed_url',
    'get_request_by_did', 'get_request_history_by_did', 'list_requests', 'list_requests_history',
    'get_local_account_usage', 'get_global_account_usage', 'update_lifetime_exceptions',
))

# These name files, datasets or paths, in what the gateway passes or in the request alone.
NAMING = frozenset(('add_did', 'add_dids', 'attach_dids', 'attach_dids_to_dids')) | QUOTA

# What a VO's own policy package is asked about, beside the tenant policy. Not logins, root's is the operator's own;
# and not what compares VOs.
ASKED = QUOTA | RULE | ADMIN | SELF | frozenset(
    action for action in GENERIC
    if not action.startswith('get_auth_token_') and action not in ('access_rule_vo', 'update_lifetime_exceptions'))

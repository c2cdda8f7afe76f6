"""Loads idpsecrets.json with Rucio's own code and says which issuers it has clients for; '{}' when it took none.

Arguments: source of Rucio, rucio.cfg.
"""
import json
import os
import sys

os.environ['RUCIO_CONFIG'] = sys.argv[2]
sys.path.insert(0, os.path.join(sys.argv[1], 'lib'))

from rucio.core import oidc  # noqa: E402

getattr(oidc, '__initialize_oidc_clients')()
loaded = getattr(oidc, '__load_oidc_configuration')()
print(json.dumps({
    'clients': sorted(oidc.OIDC_CLIENTS),
    'admins': sorted(oidc.OIDC_ADMIN_CLIENTS),
    'tokenEndpoint': oidc.OIDC_PROVIDER_ENDPOINT if loaded else '',
}))

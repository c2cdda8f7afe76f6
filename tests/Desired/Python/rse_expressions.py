"""Evaluates expressions with Rucio's own parser over storages given as JSON: names, or null where the syntax is refused."""
import json
import sys
import types

sys.path.insert(0, sys.argv[1] + '/lib')
world = json.load(sys.stdin)
rses = [dict(r['columns'], id=r['name'], rse=r['name'], attributes=r['attributes']) for r in world['rses']]
BOOLEANS = ('deterministic', 'volatile', 'staging_area', 'availability_read', 'availability_write', 'availability_delete')


def column(key, value):
    """models.RSE.from_str"""
    if key in BOOLEANS and isinstance(value, str):
        return {'1': True, 'true': True, '0': False, 'false': False}[value.lower()]
    return value


def text(value):
    """types.BooleanString, towards the database"""
    return str(value).lower() if str(value).lower() in ('true', 'false') else str(value)


def list_rses(filters=None, **_):
    return [r for r in rses if all(r[k] == column(k, v) if k in BOOLEANS + ('rse', 'rse_type') else r['attributes'].get(k) == text(v) for k, v in (filters or {}).items())]


def get_rse_attribute(rse_id, key, **_):
    value = next(r for r in rses if r['id'] == rse_id)['attributes'].get(key)
    return {'true': True, 'false': False}.get(value.lower(), value)


class Uncached:
    def __init__(self, **_):
        pass

    def get(self, _):
        from dogpile.cache.api import NO_VALUE
        return NO_VALUE

    def set(self, *_):
        pass


sys.modules['rucio.core.rse'] = types.SimpleNamespace(list_rses=list_rses, get_rse_attribute=get_rse_attribute, get_rses_with_attribute=lambda key, **_: [r for r in rses if key in r['attributes']])
sys.modules['rucio.common.cache'] = types.SimpleNamespace(MemcacheRegion=Uncached, make_region_memcached=lambda **_: Uncached())
sys.modules.setdefault('rucio.db.sqla.session', types.SimpleNamespace(transactional_session=lambda f: f))

from rucio.common.exception import InvalidRSEExpression  # noqa: E402
from rucio.core.rse_expression_parser import parse_expression  # noqa: E402


def evaluate(expression):
    try:
        return sorted(r['rse'] for r in parse_expression(expression, session=None))
    except InvalidRSEExpression as error:
        return [] if 'empty set' in str(error) else None
    except Exception as error:
        return type(error).__name__


json.dump([evaluate(e) for e in world['expressions']], sys.stdout)

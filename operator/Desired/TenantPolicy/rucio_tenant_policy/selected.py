"""
Policy packages of the instance that VOs have selected, as rucio_tenant_policy.selected.<tag>.<package>: that is what
[policy] package-<tag> names.

Rucio lets a package do what is no good to the others in the same process: one that doesn't import, is for another
version or names an algorithm wrongly ends every process at its start, and one without a permission module fails each
request. So Rucio sees a stand-in that does neither. What keeps VOs apart is decided first, logins are never the
package's (root's is the operator's own), and where it has no opinion the tenant policy has one.
"""

import functools
import importlib
import importlib.abc
import importlib.util
import json
import logging
import os
import sys

LOGGER = logging.getLogger('policy')
HERE = os.path.dirname(os.path.abspath(__file__))

# /opt/rucio/policy-packages
FOLDER = os.path.join(os.path.dirname(os.path.dirname(HERE)), 'policy-packages')

# A package whose modules are made here: tag, below it the package, below that its modules.
__path__ = []


@functools.lru_cache(maxsize=None)
def packages():
    """Name -> Python module, as this process found it."""
    with open(os.path.join(HERE, 'packages.json')) as file:
        return json.load(file)


@functools.lru_cache(maxsize=None)
def load(package):
    return load_module(package, packages()[package])


def load_module(package, module):
    folder = os.path.join(FOLDER, package)
    if folder not in sys.path:
        # Last: nothing in it takes the place of a module of Rucio's or Python's.
        sys.path.append(folder)
    loaded = importlib.import_module(module)
    from rucio.common.plugins import check_policy_module_version
    check_policy_module_version(loaded)
    return loaded


def ask(package, issuer, action, kwargs, session):
    permission = importlib.import_module(load(package).__name__ + '.permission')
    try:
        return permission.has_permission(issuer, action, kwargs, session=session)
    except TypeError:
        # As in Rucio: the package's table misses the action.
        return None


def permissions(package):
    from . import permission
    from .actions import ASKED

    def has_permission(issuer, action, kwargs, *, session):
        def decide():
            apart = permission.kept_apart(issuer, action, kwargs, session)
            if apart is not None:
                return apart
            opinion = ask(package, issuer, action, kwargs, session) if action in ASKED else None
            if opinion is None:
                return permission.usual(issuer, action, kwargs, session)
            return permission.only(bool(opinion), getattr(opinion, 'message', ''))

        return permission.guarded(issuer, action, decide)

    return has_permission


def algorithms(tag, package):
    try:
        given = load(package)
        every = given.get_algorithms() if hasattr(given, 'get_algorithms') else {}
        return {kind: {name: function for name, function in named.items() if tag == 'def' or name.lower().startswith(tag)} for kind, named in every.items()}
    except Exception as error:
        LOGGER.error('Policy package %s of VO %s: %s: %s', package, tag, type(error).__name__, error)
        return {}


class _StandIns(importlib.abc.MetaPathFinder, importlib.abc.Loader):
    @staticmethod
    def _parts(name):
        return name[len(__name__) + 1:].split('.') if name.startswith(__name__ + '.') else []

    def find_spec(self, name, path=None, target=None):
        parts = self._parts(name)
        if not parts or len(parts) > 1 and parts[1] not in packages():
            return None
        if len(parts) > 2 and parts[2:] != ['permission']:
            try:
                if importlib.util.find_spec('.'.join([load(parts[1]).__name__] + parts[2:])) is None:
                    return None
            except Exception as error:
                # What Rucio takes for "it has none of that".
                LOGGER.error('Policy package %s of VO %s: %s: %s', parts[1], parts[0], type(error).__name__, error)
                return None
        return importlib.util.spec_from_loader(name, self, is_package=len(parts) < 3)

    def create_module(self, spec):
        return None

    def exec_module(self, module):
        parts = self._parts(module.__name__)
        if len(parts) == 2:
            module.get_algorithms = lambda: algorithms(*parts)
        elif parts[2:] == ['permission']:
            module.has_permission = permissions(parts[1])
        elif len(parts) > 2:
            sys.modules[module.__name__] = importlib.import_module('.'.join([load(parts[1]).__name__] + parts[2:]))


sys.meta_path.insert(0, _StandIns())

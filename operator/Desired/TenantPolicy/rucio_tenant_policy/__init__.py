"""What each account of a tenant VO may do. Rucio loads it for `def` and every VO by [policy] package-<vo>."""

import importlib
import importlib.abc
import importlib.util
import sys

# Version specifiers, not a version: Rucio compares them with its own version and refuses the package otherwise.
SUPPORTED_VERSION = [">=38", "<42"]

GENERIC = 'rucio.core.permission.generic_multi_vo'


class _Chosen(dict):
    """
    VO -> its policy. Whoever asks for a login in a VO that isn't there yet has Rucio choose one: generic_multi_vo, and
    that stays for as long as the process lives, also once the VO exists and has this package configured.
    """

    def __setitem__(self, vo, module):
        super().__setitem__(vo, importlib.import_module(__name__ + '.permission') if module.__name__ == GENERIC else module)


class _Watch(importlib.abc.MetaPathFinder):
    """Rucio imports this package before or amid its permission module; what it falls back to comes after both."""

    def find_spec(self, name, path=None, target=None):
        if name == GENERIC:
            sys.meta_path.remove(self)
            chosen = sys.modules['rucio.core.permission']
            chosen.permission_modules = _Chosen(chosen.permission_modules)
            return importlib.util.find_spec(name)
        return None


sys.meta_path.insert(0, _Watch())

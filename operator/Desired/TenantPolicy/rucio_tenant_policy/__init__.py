"""What each account of a tenant VO may do. Rucio loads it for `def` and every VO by [policy] package-<vo>."""

# Version specifiers, not a version: Rucio compares them with its own version and refuses the package otherwise.
SUPPORTED_VERSION = [">=38", "<42"]

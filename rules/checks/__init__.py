"""The checks: one file each, found by scanning the folders below. ``check.py`` runs them, the command line lists them.

A module below a folder has one ``CHECK``, whose name is the folder's and its own: ``promql/ratio_guard.py`` has
``promql/ratio-guard``. ``kinds.py`` says which kinds there are, ``subjects.py`` what they are asked about.
"""

import importlib
import pkgutil
from collections.abc import Mapping
from functools import cache

from firebrigade.rules.checks.kinds import Check


@cache
def every() -> Mapping[str, Check]:
    """Return all checks by name, sorted.

    Raises:
        TypeError: a module has no ``CHECK``, or one of another name than its file's.
    """
    found = {check.name: check for name in sorted(_modules()) for check in (_check(name),)}
    return dict(sorted(found.items()))


def _modules() -> list[str]:
    families = [module.name for module in pkgutil.iter_modules(__path__) if module.ispkg]
    packages = [importlib.import_module(f"{__name__}.{family}") for family in families]
    return [
        f"{package.__name__}.{module.name}" for package in packages for module in pkgutil.iter_modules(package.__path__)
    ]


def _check(module: str) -> Check:
    check = getattr(importlib.import_module(module), "CHECK", None)
    name = "/".join(module.removeprefix(f"{__name__}.").split(".")).replace("_", "-")
    if not isinstance(check, Check) or check.name != name:
        raise TypeError(f"{module} needs a CHECK with the name {name}")
    return check

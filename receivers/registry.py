"""Finds the receivers: each module of this package that defines a receiver is one, and nothing else has to be told.

Called once by the responder when it reads its configuration. A module counts as a receiver as soon as it defines a
class with one of ``NAME``, ``Config`` and ``deliver``; having only some of them is an error and not a reason to skip.
"""

import importlib
import inspect
import pkgutil
from collections.abc import Callable, Iterable, Mapping
from types import ModuleType
from typing import cast

from firebrigade import receivers
from firebrigade.receivers.contract import Receiver, ReceiverConfig

_PARTS = ("NAME", "Config", "deliver")
_CONTRACT = "contract"


class RegistryError(Exception):
    """A module of this package is not a receiver as the contract says; the message names its file and what is wrong."""


def find_receivers() -> Mapping[str, type[Receiver]]:
    """Return every receiver class by its name; ``make_receiver`` makes one of its configuration.

    Raises:
        RegistryError: a module is incomplete, defines two receivers, or takes a name that is taken.
    """
    names = sorted(module.name for module in pkgutil.iter_modules(receivers.__path__) if module.name != _CONTRACT)
    return collect(importlib.import_module(f"{receivers.__name__}.{name}") for name in names)


def make_receiver(receiver: type[Receiver], config: ReceiverConfig) -> Receiver:
    """Make a receiver of its configuration, which is an instance of its ``Config``."""
    # A protocol says nothing of how an instance is made; the contract does: from the configuration alone.
    make = cast("Callable[[ReceiverConfig], Receiver]", receiver)
    return make(config)


def collect(modules: Iterable[ModuleType]) -> Mapping[str, type[Receiver]]:
    """Return the receiver classes of these modules by name; raises RegistryError as find_receivers does."""
    found: dict[str, type[Receiver]] = {}
    for module in modules:
        for receiver in receivers_of(module):
            if receiver.NAME in found:
                raise RegistryError(f"{_file(module)}: the name {receiver.NAME!r} is taken by {found[receiver.NAME]}")
            found[receiver.NAME] = receiver
    return found


def receivers_of(module: ModuleType) -> list[type[Receiver]]:
    """Return the module's receiver class, if it has one.

    Raises:
        RegistryError: it is incomplete, or there are two.
    """
    own = [cls for _, cls in inspect.getmembers(module, inspect.isclass) if cls.__module__ == module.__name__]
    candidates = [cls for cls in own if any(hasattr(cls, part) for part in _PARTS) and not _is_config(cls)]
    for candidate in candidates:
        problem = _problem(candidate)
        if problem:
            raise RegistryError(f"{_file(module)}: {candidate.__name__} {problem}")
    if len(candidates) > 1:
        raise RegistryError(f"{_file(module)}: two receivers in one module; move one to a file of its own")
    return [cast("type[Receiver]", candidate) for candidate in candidates]


def _problem(candidate: type) -> str:
    missing = [part for part in _PARTS if not hasattr(candidate, part)]
    if missing:
        return f"has no {' and no '.join(missing)}; a receiver needs NAME, Config and deliver"
    name = candidate.NAME  # type: ignore[attr-defined]  # found above
    if not isinstance(name, str) or not name:
        return "must have a text as its NAME"
    if not (inspect.isclass(candidate.Config) and _is_config(candidate.Config)):  # type: ignore[attr-defined]
        return "must have a subclass of ReceiverConfig as its Config"
    return ""


def _is_config(cls: type) -> bool:
    return issubclass(cls, ReceiverConfig)


def _file(module: ModuleType) -> str:
    return module.__file__ or module.__name__

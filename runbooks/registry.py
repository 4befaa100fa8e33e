"""The actions that exist: found by looking through ``actions/``, so a new one is a new file and nothing else.

The loader asks for the classes (to check parameters), the responder for instances with its clients.
"""

import importlib
import inspect
import pkgutil
from collections.abc import Mapping
from types import MappingProxyType, ModuleType
from typing import Any, Protocol, Self

from firebrigade.runbooks import actions
from firebrigade.runbooks.clients import Clients
from firebrigade.runbooks.contract import Action, Risk
from firebrigade.runbooks.readings import AnyAction, ReadAction

_MEMBERS = ("NAME", "Params", "RISK", "TARGET_KIND", "RIGHTS", "from_clients")
_OF_A_CHANGE = ("plan", "apply", "verify", "undo")
_OF_A_READING = ("RESULTS", "read")


class ConfiguredAction(AnyAction, Protocol):
    """An action as a file in ``actions/`` defines it."""

    @classmethod
    def from_clients(cls, clients: Clients) -> Self | None:
        """Return an instance, or None if a client that it needs is not configured."""
        ...


def action_classes() -> Mapping[str, type[ConfiguredAction]]:
    """Return every action's class by its name.

    Raises:
        TypeError: a file in ``actions/`` does not define exactly one complete action, or a name is taken.
    """
    found: dict[str, type[ConfiguredAction]] = {}
    for module in pkgutil.iter_modules(actions.__path__):
        action = _action_in(importlib.import_module(f"{actions.__name__}.{module.name}"))
        if action.NAME in found:
            raise TypeError(f"actions/{module.name}.py: the action {action.NAME} exists already; give it another NAME.")
        found[action.NAME] = action
    return MappingProxyType(found)


def build_actions(clients: Clients) -> Mapping[str, Action]:
    """Return the actions that change something and whose clients are configured, by name."""
    return _built(clients, reads=False)


def build_readers(clients: Clients) -> Mapping[str, ReadAction]:
    """Return the actions that only read and whose clients are configured, by name."""
    return _built(clients, reads=True)


def _built(clients: Clients, *, reads: bool) -> Mapping[str, Any]:
    wanted = {name: action for name, action in action_classes().items() if (action.RISK is Risk.READ) is reads}
    built = {name: action.from_clients(clients) for name, action in wanted.items()}
    return MappingProxyType({name: action for name, action in built.items() if action is not None})


def _action_in(module: ModuleType) -> type[ConfiguredAction]:
    own = [one for _, one in inspect.getmembers(module, inspect.isclass) if one.__module__ == module.__name__]
    named: list[Any] = [one for one in own if hasattr(one, "NAME")]
    if len(named) != 1:
        raise TypeError(f"{module.__name__} defines {len(named)} classes with a NAME; an action's file has one.")
    reads = getattr(named[0], "RISK", None) is Risk.READ
    wanted = (*_MEMBERS, *(_OF_A_READING if reads else _OF_A_CHANGE))
    missing = [member for member in wanted if not hasattr(named[0], member)]
    if missing:
        raise TypeError(f"{module.__name__}: {named[0].__name__} lacks {', '.join(missing)}.")
    action: type[ConfiguredAction] = named[0]
    return action

"""No representation of what holds a secret shows it."""

from collections.abc import Callable, Mapping
from typing import Any

from firebrigade.responder.alertmanager import Alertmanager
from firebrigade.responder.clock import SystemClock
from firebrigade.responder.commands.api_client import ApiClient
from firebrigade.responder.composition import build_receivers
from firebrigade.responder.execution import build_executor
from firebrigade.responder.redaction import Redactor, find_secrets
from firebrigade.responder.serve import make_access


def test_no_representation_shows_a_secret(
    settings_and_config: Any, plants: dict[str, str], find_leaks: Callable[[str], list[str]]
) -> None:
    settings, config = settings_and_config
    secrets = find_secrets(settings, config)
    in_the_file_of_somebody_else = {plants["kubeconfig token"]}
    assert secrets >= set(plants.values()) - in_the_file_of_somebody_else  # all were read
    roots = [
        *(settings, config, make_access(settings, insecure=False), Redactor(secrets), ApiClient(settings)),
        *(build_receivers(config), [Alertmanager(found) for found in config.alertmanagers.values()]),
        *(SystemClock(), build_executor(config)),
    ]
    shown = "\n".join(f"{one!r}\n{one}" for root in roots for one in _within(root))
    assert "PagerDutyConfig(" in shown
    assert "SupervisorSettings(" in shown  # the walk came as far as that
    assert find_leaks(shown) == []


def _within(thing: Any) -> list[Any]:
    """Return a thing of ours and all that it keeps that is ours; a vendor's client has to keep what it sends."""
    if isinstance(thing, Mapping):
        return [inner for value in thing.values() for inner in _within(value)]
    if isinstance(thing, list | tuple):
        return [inner for value in thing for inner in _within(value)]
    if not type(thing).__module__.startswith("firebrigade"):
        return []
    names = {*getattr(type(thing), "__slots__", ()), *getattr(thing, "__dict__", ())}
    return [thing, *(inner for name in sorted(names) for inner in _within(getattr(thing, name, None)))]

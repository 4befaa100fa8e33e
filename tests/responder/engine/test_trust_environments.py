"""Trust is earned and lost in each environment for itself: in virtual time, with the real store and guards."""

from datetime import timedelta
from typing import Any

import pytest

from firebrigade.responder.model import AlertStatus
from firebrigade.responder.restraints import Restraints
from firebrigade.responder.store.store import Store
from firebrigade.responder.trust import TrustLevel, TrustSettings
from firebrigade.runbooks.contract import Health
from firebrigade.runbooks.guards import GuardSettings, guards_for
from firebrigade.runbooks.modes import Environment, Modes

MINUTE = timedelta(minutes=1)


@pytest.fixture
def world(world: Any, runbook: Any) -> Any:
    world.runbooks["service-down"] = runbook("restart")
    world.executor.before = {"ready": 2, "wanted": 3, "takes_ready": 0, "disturbs_rollout": False}
    return world


def in_environments(world: Any, *names: str) -> None:
    """Put each namespace of that name into an environment of that name, and turn trust on in all of them."""
    environments = tuple(Environment(name=name, namespaces=frozenset({name})) for name in names)
    modes = Modes(environments=environments)
    world.restraints = Restraints(modes=modes)
    allowed = frozenset({"production", "staging"})
    world.executor.guards = guards_for(GuardSettings(modes=modes, namespaces=allowed, cooldown=timedelta()))
    world.store = Store(world.database, TrustSettings(start=TrustLevel.AUTO, environments=names))


def breaks_down(world: Any, namespace: str, *healths: Health) -> str:
    """Let an alert of a namespace fire and resolve, and return what became of its step."""
    world.executor.healths = list(healths)
    alert = world.alert(namespace=namespace)
    incident = world.fires(alert)
    world.passes(2 * MINUTE)
    found = str(world.store.steps(incident.id)[0].status)
    world.resolves(world.alert(AlertStatus.RESOLVED, namespace=namespace))
    return found


def test_what_a_runbook_does_in_one_environment_says_nothing_about_another(world: Any) -> None:
    in_environments(world, "production", "staging")
    assert breaks_down(world, "staging", Health.FAILED) == "failed"
    assert breaks_down(world, "production") == "verified"
    assert breaks_down(world, "staging") == "proposed"
    assert [(one.environment, one.event) for one in world.store.ledger.entries()] == [
        ("staging", "failed"),
        ("production", "verified"),
    ]


def test_what_is_in_no_environment_is_only_planned_and_earns_nothing(world: Any) -> None:
    in_environments(world, "staging")
    assert breaks_down(world, "production") == "refused"
    assert "automation.environments, none of which has namespace production" in world.store.steps(1)[0].verdict
    assert (world.executor.changes, world.store.ledger.entries()) == ([], [])

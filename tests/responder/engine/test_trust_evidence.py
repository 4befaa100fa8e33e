"""What counts as evidence about a runbook and what does not, in virtual time, with the real store and guards."""

from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest

from firebrigade.responder.case import Suppression
from firebrigade.responder.errors import ConflictError
from firebrigade.responder.model import AlertStatus
from firebrigade.responder.store.store import Store
from firebrigade.responder.trust import TrustLevel, TrustSettings
from firebrigade.responder.trusting import Trusting
from firebrigade.runbooks.contract import Health, PermanentActionError, Refusal, RefusalReason, TemporaryActionError

OBSERVE, SUGGEST, APPROVE, AUTO = TrustLevel
MINUTE = timedelta(minutes=1)
PLACE = ("service-down", "default")
STORM = Refusal(reason=RefusalReason.STORM, summary="one cause is behind them")
SLOW = TemporaryActionError("the API server is slow")


@pytest.fixture
def world(world: Any, runbook: Any) -> Any:
    """A world with a runbook of one step, at auto."""
    world.runbooks["service-down"] = runbook("restart")
    world.executor.before = {"ready": 2, "wanted": 3, "takes_ready": 0, "disturbs_rollout": False}
    promoters = frozenset({"anna"})
    settings = TrustSettings(start=AUTO, promote_after=1, environments=("default",), promoters=promoters)
    world.store = Store(world.database, settings)
    return world


def trusting(world: Any) -> Trusting:
    return Trusting(ledger=world.store.ledger, runbooks=list(world.runbooks.values()), settings=world.store._trust)


def level(world: Any) -> TrustLevel:
    return trusting(world).history(*PLACE)[0].level


def events(world: Any) -> list[str]:
    return [entry.event.value for entry in world.store.ledger.entries()]


def statuses(world: Any, incident_id: int = 1) -> list[str]:
    return [str(step.status) for step in world.store.steps(incident_id)]


def undone_if_it_fails(world: Any) -> None:
    runbook = world.runbooks["service-down"]
    world.runbooks["service-down"] = replace(runbook, steps=(replace(runbook.steps[0], undo=True),))


def test_a_repair_that_no_look_found_healthy_is_a_failure_though_its_alert_is_gone(world: Any, step_of: Any) -> None:
    world.executor.healths = [Health.WAITING] * 200
    world.fires()
    world.resolves()
    assert (step_of(world).status, events(world)) == ("applied", [])
    world.passes(2 * MINUTE)
    assert (step_of(world).status, events(world), level(world)) == ("unverified", ["failed"], APPROVE)


def test_a_repair_that_nobody_could_look_at_says_nothing_once_its_alert_is_gone(world: Any, step_of: Any) -> None:
    world.executor.verify_errors = [SLOW] * 999
    world.fires()
    world.resolves()
    world.passes(2 * MINUTE)
    assert (step_of(world).status, events(world)) == ("unseen", [])


def test_a_repair_whose_alert_never_resolves_costs_a_level_once_its_time_is_over(world: Any, step_of: Any) -> None:
    world.fires()
    assert step_of(world).status == "verified"
    world.passes(14 * MINUTE)
    assert events(world) == []
    world.passes(MINUTE)
    assert (events(world), level(world)) == (["failed"], APPROVE)
    (lost,) = [entry for entry in world.store.timeline(1) if entry.kind == "trust_lost"]
    assert lost.detail.endswith("from auto to approve: restart was verified, and the alert still fires")
    assert "to L2: the runbook was verified, and the alert still fires" in [
        entry.detail for entry in world.store.timeline(1)
    ]
    world.resolves()
    assert (events(world), level(world)) == (["failed"], APPROVE)


def test_a_repair_whose_alert_a_person_ends_says_nothing(world: Any, step_of: Any) -> None:
    world.fires()
    assert step_of(world).status == "verified"
    world.store.resolve(1, "bert", world.now)
    world.passes(20 * MINUTE)
    world.store.record(world.group(world.alert(AlertStatus.RESOLVED)), world.now)
    world.passes(MINUTE)
    assert events(world) == []


def test_a_repair_is_not_judged_by_an_alert_in_maintenance(world: Any) -> None:
    world.fires()
    world.suppression = Suppression(until=world.now + 30 * MINUTE, reason="the cluster moves")
    world.fires(world.alert(), world.alert(pod="ryot-2"))
    world.passes(25 * MINUTE)
    assert events(world) == []
    world.passes(10 * MINUTE)
    assert events(world) == ["failed"]


def test_a_crash_before_a_repair_is_judged_only_delays_it(world: Any) -> None:
    world.fires()
    world.clock.advance(20 * MINUTE)
    world.sweep.drain()
    assert (events(world), level(world)) == (["failed"], APPROVE)


@pytest.mark.parametrize(
    ("health", "undo"),
    [pytest.param(Health.FAILED, True, id="did not help"), pytest.param(Health.WORSE, False, id="made things worse")],
)
def test_a_step_that_was_to_be_undone_is_a_failure_though_a_person_resolves(
    world: Any, step_of: Any, health: Health, undo: bool
) -> None:
    if undo:
        undone_if_it_fails(world)
    world.executor.healths = [health] * 50
    world.executor.undo_errors = [SLOW] * 9
    world.fires()
    world.passes(timedelta(seconds=30))
    assert step_of(world).status == "undoing"
    world.store.resolve(1, "bert", world.now)
    world.passes(MINUTE)
    assert step_of(world).status == "unverified"
    assert (events(world), level(world)) == (["failed"], APPROVE)


def test_harm_that_is_seen_when_the_incident_is_over_is_a_failure(world: Any, step_of: Any) -> None:
    world.executor.healths = [Health.WORSE] * 50
    world.fires()
    world.store.resolve(1, "bert", world.now)
    world.passes(2 * MINUTE)
    assert step_of(world).status == "unverified"
    assert events(world) == ["failed"]


def test_a_change_that_is_found_to_have_been_made_counts(world: Any, step_of: Any) -> None:
    world.executor.errors = [SLOW]
    world.fires()
    world.resolves()
    world.passes(MINUTE)
    assert (step_of(world).status, events(world)) == ("verified", ["verified"])


def test_trust_that_is_lost_between_two_attempts_does_not_cost_another_level(world: Any, step_of: Any) -> None:
    world.executor.errors = [SLOW]
    world.fires()
    assert step_of(world).status == "applying"
    trusting(world).change(PLACE, (APPROVE, "careful"), "bert", world.now)
    world.passes(MINUTE)
    world.resolves()
    world.passes(MINUTE)
    assert (step_of(world).status, len(world.executor.changes)) == ("verified", 1)
    assert "failed" not in events(world)
    assert level(world) is APPROVE


@pytest.mark.parametrize(
    ("error", "spoil"),
    [
        pytest.param(PermanentActionError("403 forbidden"), lambda world: None, id="it is not allowed to"),
        pytest.param(SLOW, lambda world: world.store.switch_automation(False, "anna", world.now), id="switched off"),
        pytest.param(SLOW, lambda world: setattr(world.executor, "refusal", STORM), id="a guard says no by then"),
    ],
)
def test_what_may_have_changed_nothing_costs_nothing(world: Any, step_of: Any, error: Exception, spoil: Any) -> None:
    world.executor.errors = [error]
    world.fires()
    spoil(world)
    world.passes(MINUTE)
    assert (step_of(world).status, world.executor.changes) == ("failed", [])
    assert (events(world), level(world)) == ([], AUTO)


def at_once(world: Any, count: int) -> None:
    """Let several alerts fire at once, so that a run for each is under way."""
    all_say(world, count, AlertStatus.FIRING)


def all_say(world: Any, count: int, status: AlertStatus) -> None:
    for number in range(count):
        alert = world.alert(status, pod=f"ryot-{number}", service=f"service-{number}")
        world.store.record(world.group(alert, group_key=f"group-{number}"), world.now)
    world.sweep.drain()


def test_a_run_from_before_a_demotion_earns_nothing_after_it(world: Any) -> None:
    world.executor.healths = [Health.WAITING] * 4
    at_once(world, 4)
    world.passes(timedelta(seconds=1))
    trusting(world).change(PLACE, (APPROVE, "careful"), "bert", world.now)
    world.passes(MINUTE)
    all_say(world, 4, AlertStatus.RESOLVED)
    assert events(world) == ["demoted", *["verified"] * 4]
    with pytest.raises(ConflictError, match="0 of the 1"):
        trusting(world).change(PLACE, (AUTO, "again"), "anna", world.now)


def test_several_runs_that_fail_of_one_cause_cost_one_level(world: Any) -> None:
    world.executor.healths = [Health.WAITING] * 3 + [Health.FAILED] * 5
    at_once(world, 3)
    world.passes(MINUTE)
    assert [(one.event, one.level) for one in world.store.ledger.entries()] == [
        ("failed", APPROVE),
        ("failed", None),
        ("failed", None),
    ]
    assert level(world) is APPROVE


def test_a_step_that_only_prepares_never_counts_as_help(world: Any, step_of: Any) -> None:
    world.executor.prepares = lambda action: True
    world.executor.errors = [SLOW]
    world.fires()
    world.resolves()
    world.passes(MINUTE)
    assert (step_of(world).status, events(world)) == ("done", [])

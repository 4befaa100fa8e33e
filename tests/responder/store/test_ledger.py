"""The ledger of trust on SQLite and on PostgreSQL: each run counts once, and nobody's entry gets lost between two."""

import threading
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from functools import partial
from typing import Any

import pytest
from sqlalchemy import delete, insert, update
from sqlalchemy.exc import IntegrityError

from firebrigade.responder.case import Outcome
from firebrigade.responder.conclusion import RECONCILER, Conclusion
from firebrigade.responder.errors import ConflictError
from firebrigade.responder.model import AlertStatus, IncidentStatus
from firebrigade.responder.model_steps import StepResult, StepStatus
from firebrigade.responder.store.database import Database
from firebrigade.responder.store.store import Store
from firebrigade.responder.store.tables import trust_chain, trust_ledger
from firebrigade.responder.trust import TrustEvent, TrustKey, TrustLevel, TrustSettings, standing, steps_hash
from firebrigade.responder.trust_chain import broken
from firebrigade.responder.trusting import TrustChange
from tests.responder.ended_runs import group

NOW = datetime(2026, 1, 5, 9, 0, tzinfo=UTC)
LEASE = timedelta(minutes=5)
OBSERVE, SUGGEST, APPROVE, AUTO = TrustLevel
DEFINITION = {"name": "restart", "action": "restart_pod"}
SETTINGS = TrustSettings(start=AUTO, promote_after=1, environments=("production",), promoters=frozenset({"anna"}))
KEY = TrustKey(runbook="crash-loop", environment="production", steps=steps_hash([DEFINITION]))


def applied(incident_id: int) -> StepResult:
    return StepResult(
        id=0,
        step_id=f"fb-{incident_id}-0",
        incident_id=incident_id,
        position=0,
        name="restart",
        action="restart_pod",
        status=StepStatus.APPLIED,
        created_at=NOW,
        next_attempt_at=NOW,
        definition=DEFINITION,
        environment="production",
        applied_at=NOW,
        after={},
    )


@pytest.fixture
def store(empty_database: Database) -> Store:
    store = Store(empty_database, SETTINGS)
    store.migrate()
    return store


def begins(store: Store, number: int = 1) -> StepResult:
    """Open an incident whose only step is applied, and claim it."""
    (incident_id,) = store.record(group(number, NOW), NOW)

    def decide(case: Any) -> Outcome:
        changed = replace(case.incident, runbook="crash-loop")
        return Outcome(incident=changed, steps=(applied(incident_id),))

    store.decide(incident_id, NOW, decide)
    step = store.claim_step(NOW, LEASE)
    assert step is not None
    return step


def ends(store: Store, step: StepResult, status: StepStatus = StepStatus.FAILED) -> bool:
    seen = NOW if status is StepStatus.VERIFIED else None
    over = replace(step, status=status, next_attempt_at=None, finished_at=NOW, verdict="looks bad", healthy_since=seen)
    return store.finish_step(over, (), NOW)


def resolves(store: Store, number: int = 1) -> None:
    store.record(group(number, NOW, AlertStatus.RESOLVED), NOW)


def level(store: Store) -> TrustLevel:
    return standing(SETTINGS, KEY, store.ledger.entries("crash-loop", "production")).level


def test_a_run_that_failed_takes_a_level_in_its_last_transaction(store: Store) -> None:
    assert ends(store, begins(store))
    (entry,) = store.ledger.entries()
    assert (entry.runbook, entry.environment, entry.steps) == ("crash-loop", "production", KEY.steps)
    assert (entry.event, entry.level, entry.incident_id, entry.at) == ("failed", APPROVE, 1, NOW)
    assert [one.kind for one in store.timeline(1)][-1] == "trust_lost"
    assert store.chain(1).head.length == len(store.timeline(1))


def test_a_repair_counts_in_the_transaction_in_which_its_alert_resolves(store: Store) -> None:
    ends(store, begins(store), StepStatus.VERIFIED)
    assert store.ledger.entries() == []
    resolves(store)
    assert [entry.event for entry in store.ledger.entries()] == ["verified"]
    resolves(store)
    store.decide(1, NOW, lambda case: Outcome(incident=case.incident))
    assert len(store.ledger.entries()) == 1


def test_a_repair_counts_in_the_transaction_in_which_its_alert_is_found_to_be_gone(store: Store) -> None:
    ends(store, begins(store), StepStatus.VERIFIED)

    def gone(case: Any) -> Conclusion:
        ended = replace(case.incident, status=IncidentStatus.RESOLVED, resolved_by=RECONCILER, resolved_at=NOW)
        return Conclusion(incident=ended, ended=("f1",))

    store.reconcile(1, NOW, gone)
    assert [entry.event for entry in store.ledger.entries()] == ["verified"]


def test_a_step_that_is_found_healthy_after_its_alert_resolved_counts_once_it_is_over(store: Store) -> None:
    step = begins(store)
    resolves(store)
    assert store.ledger.entries() == []
    ends(store, step, StepStatus.VERIFIED)
    assert [entry.event for entry in store.ledger.entries()] == ["verified"]


def test_word_of_the_same_end_on_two_replicas_counts_the_run_once(store: Store) -> None:
    ends(store, begins(store), StepStatus.VERIFIED)
    _together([lambda: resolves(store), lambda: resolves(store)])
    assert [entry.event for entry in store.ledger.entries()] == ["verified"]


def test_a_result_that_came_too_late_takes_nothing(store: Store) -> None:
    step = begins(store)
    store.release_claims(NOW)
    assert not ends(store, step)
    assert store.ledger.entries() == []


def test_however_often_it_is_looked_at_a_run_counts_once(store: Store) -> None:
    ends(store, begins(store))
    for _ in range(3):
        store.decide(1, NOW, lambda case: Outcome(incident=case.incident))
    assert len(store.ledger.entries()) == 1
    row = {"runbook": "crash-loop", "environment": "production", "steps": "", "at": NOW, "event": "failed"}
    row |= {"level": "observe", "actor": "", "reason": "", "incident_id": 1}
    with store._database.write() as connection, pytest.raises(IntegrityError):
        connection.execute(insert(trust_ledger).values(row))


def test_without_trust_the_ledger_stays_empty(empty_database: Database) -> None:
    store = Store(empty_database)
    store.migrate()
    ends(store, begins(store))
    assert store.ledger.entries() == []


def change(store: Store, to: TrustLevel, actor: str = "anna") -> TrustLevel:
    wanted = TrustChange(key=KEY, level=to, actor=actor, reason="seen")
    return store.ledger.change(SETTINGS, wanted, NOW).level


def test_a_persons_change_is_kept_with_who_and_why_and_only_once(store: Store) -> None:
    assert (change(store, SUGGEST), change(store, SUGGEST, "bert")) == (SUGGEST, SUGGEST)
    (entry,) = store.ledger.entries("crash-loop", "production")
    assert (entry.event, entry.actor, entry.reason, entry.incident_id) == ("demoted", "anna", "seen", None)
    assert store.ledger.entries("crash-loop", "staging") == []
    with pytest.raises(ConflictError, match="0 of the 1"):
        change(store, APPROVE)
    assert len(store.ledger.entries()) == 1


def test_what_standings_are_made_of_begins_with_each_runbooks_latest_level(store: Store) -> None:
    ends(store, begins(store, 1), StepStatus.VERIFIED)
    resolves(store, 1)
    assert [entry.event for entry in store.ledger.since_levels()] == ["verified"]
    change(store, SUGGEST)
    ends(store, begins(store, 2), StepStatus.VERIFIED)
    resolves(store, 2)
    other = TrustChange(key=replace(KEY, environment="staging"), level=OBSERVE, actor="anna", reason="seen")
    store.ledger.change(SETTINGS, other, NOW)
    found = [(entry.environment, entry.event) for entry in store.ledger.since_levels()]
    assert found == [("production", "demoted"), ("production", "verified"), ("staging", "demoted")]


@pytest.mark.parametrize(
    ("tampering", "entries"),
    [
        pytest.param(update(trust_ledger).where(trust_ledger.c.sequence == 2).values(actor="nobody"), [2], id="who"),
        pytest.param(update(trust_ledger).where(trust_ledger.c.sequence == 1).values(level="auto"), [1], id="a level"),
        pytest.param(update(trust_ledger).where(trust_ledger.c.sequence == 3).values(begun_at=NOW), [3], id="a time"),
        pytest.param(delete(trust_ledger).where(trust_ledger.c.sequence == 2), [2], id="an entry removed"),
        pytest.param(delete(trust_ledger).where(trust_ledger.c.sequence == 3), [3], id="the end cut off"),
        pytest.param(delete(trust_chain), [1], id="the head removed"),
    ],
)
def test_tampering_with_the_ledger_is_noticed(store: Store, tampering: Any, entries: list[int]) -> None:
    ends(store, begins(store))
    for to in (SUGGEST, OBSERVE):
        change(store, to)
    found = store.ledger.chain()
    assert (broken(found), found.head.length) == ([], 3)
    assert [link.entry.actor for link in found.links] == ["firebrigade", "anna", "anna"]
    with store._database.write() as connection:
        connection.execute(tampering)
    assert [number for number, _ in broken(store.ledger.chain())] == entries


def test_no_two_entries_of_the_ledger_have_one_place(store: Store) -> None:
    change(store, SUGGEST)
    row = {"runbook": "x", "environment": "x", "steps": "", "at": NOW, "event": "promoted", "level": "auto"}
    with store._database.write() as connection, pytest.raises(IntegrityError):
        connection.execute(insert(trust_ledger).values(row | {"actor": "", "reason": "", "sequence": 1}))


def test_runs_that_fail_at_once_each_take_their_level(store: Store) -> None:
    steps = [begins(store, number) for number in (1, 2, 3)]
    _together([partial(ends, store, step) for step in steps])
    assert [entry.level for entry in store.ledger.entries()] == [APPROVE, SUGGEST, OBSERVE]
    assert level(store) is OBSERVE
    assert (broken(store.ledger.chain()), store.ledger.chain().head.length) == ([], 3)


def test_a_failure_is_not_lost_to_a_promotion_at_the_same_moment(store: Store) -> None:
    """Whichever comes first: never auto after both, since a promotion after the failure has no success to go by."""
    change(store, APPROVE)
    ends(store, begins(store), StepStatus.VERIFIED)
    resolves(store)
    step = begins(store, 2)

    def promote() -> None:
        with suppress(ConflictError):
            change(store, AUTO)

    _together([promote, lambda: ends(store, step)])
    assert [entry.event for entry in store.ledger.entries()].count(TrustEvent.FAILED) == 1
    assert level(store) in {APPROVE, SUGGEST}


def test_two_replicas_that_end_a_run_at_once_count_it_once(store: Store) -> None:
    """One ends the step that failed while the other skips the next one, because the incident is over."""
    (incident_id,) = store.record(group(1, NOW), NOW)
    waiting = replace(applied(incident_id), step_id="x", position=1, status=StepStatus.PENDING, applied_at=None)
    waiting = replace(waiting, next_attempt_at=None, environment="")
    both = (applied(incident_id), waiting)
    store.decide(1, NOW, lambda case: Outcome(incident=replace(case.incident, runbook="crash-loop"), steps=both))
    step = store.claim_step(NOW, LEASE)
    assert step is not None
    skipped = replace(store.steps(1)[1], status=StepStatus.SKIPPED)
    _together([lambda: ends(store, step), lambda: store.decide(1, NOW, lambda _: Outcome(steps=(skipped,)))])
    assert [entry.event for entry in store.ledger.entries()] == ["failed"]


def _together(calls: list[Callable[[], object]]) -> None:
    barrier = threading.Barrier(len(calls))

    def run(call: Callable[[], object]) -> None:
        barrier.wait(timeout=30)
        call()

    with ThreadPoolExecutor(len(calls)) as people:
        list(people.map(run, calls))

"""Transactions that meet, on SQLite and on PostgreSQL: each sees what the other has written, and they end."""

import threading
from collections.abc import Callable, Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from sqlalchemy import event, text

from firebrigade.responder.approval import Answer, hash_of
from firebrigade.responder.case import Case, Lookup, Outcome, StepCase
from firebrigade.responder.model import AlertStatus, IncidentStatus
from firebrigade.responder.model_steps import StepResult, StepStatus
from firebrigade.responder.stages.remediate import remediate
from firebrigade.responder.store.database import Database
from firebrigade.responder.store.store import Store
from firebrigade.responder.trust import TrustKey, TrustLevel, TrustSettings, steps_hash
from firebrigade.responder.trusting import TrustChange
from tests.responder.ended_runs import group

NOW = datetime(2026, 1, 5, 9, 0, tzinfo=UTC)
LEASE = timedelta(minutes=5)
BOUND = 30  # seconds until a test that hangs gives up
OBSERVE, SUGGEST, APPROVE, AUTO = TrustLevel
DEFINITION = {"name": "restart", "action": "restart_pod"}
SETTINGS = TrustSettings(start=AUTO, promote_after=1, environments=("production",), promoters=frozenset({"anna"}))
KEY = TrustKey(runbook="crash-loop", environment="production", steps=steps_hash([DEFINITION]))

LOOKUP = Lookup(
    route=lambda labels: None, suppression=lambda labels, now: None, runbook=lambda name, alert: None, policies={}
)


@pytest.fixture
def store(empty_database: Database) -> Store:
    store = Store(empty_database, SETTINGS)
    store.migrate()
    return store


@pytest.fixture
def hands() -> Iterator[ThreadPoolExecutor]:
    with ThreadPoolExecutor(2) as pool:
        yield pool


def opens(store: Store, number: int = 1, status: StepStatus = StepStatus.PLANNED) -> int:
    """Open an incident whose only step stands so."""
    (incident_id,) = store.record(group(number, NOW), NOW)
    step = StepResult(
        id=0,
        step_id=f"fb-{number}-0",
        incident_id=incident_id,
        position=0,
        name="restart",
        action="restart_pod",
        status=status,
        created_at=NOW,
        next_attempt_at=NOW,
        definition=DEFINITION,
        environment="production",
        expires_at=NOW + LEASE,
        plan={"summary": "restart it"},
    )

    def decide(case: Case) -> Outcome:
        return Outcome(incident=replace(case.incident, runbook="crash-loop"), steps=(step,))

    store.decide(incident_id, NOW, decide)
    return incident_id


def claimed(store: Store) -> StepResult:
    step = store.claim_step(NOW, LEASE)
    assert step is not None
    return step


def demotes(store: Store) -> None:
    store.ledger.change(SETTINGS, TrustChange(key=KEY, level=OBSERVE, actor="anna", reason="careful"), NOW)


class Begins:
    """Somebody who is about to begin a step: what they are shown, and a moment in which they think."""

    def __init__(self, store: Store, step: StepResult) -> None:
        self._store, self._step = store, step
        self.thinks, self.goes_on = threading.Event(), threading.Event()
        self.shown: StepCase | None = None

    def __call__(self) -> None:
        def decide(case: StepCase) -> tuple[StepResult, tuple[()]]:
            self.shown = case
            self.thinks.set()
            assert self.goes_on.wait(BOUND)
            return replace(self._step, status=StepStatus.APPLYING, applied_at=NOW), ()

        self._store.begin_step(self._step, NOW, timedelta(hours=1), decide)

    @property
    def level(self) -> TrustLevel:
        assert self.shown is not None
        assert self.shown.trust is not None
        return self.shown.trust.level


def comes_to_rest(store: Store, work: Future[Any]) -> None:
    """Wait until a piece of work is done or waits for somebody's lock; SQLite's waiting is a queue that nobody sees."""
    if store._database.engine.dialect.name == "sqlite":
        return
    query = text(
        "SELECT count(*) FROM pg_stat_activity WHERE datname = current_database() AND wait_event_type = 'Lock'"
    )
    waiting = 0
    while not work.done() and not waiting:
        with store._database.read() as connection:
            waiting = connection.execute(query).scalar_one()


def stopping(store: Store, name: str, when: Callable[[], bool]) -> tuple[threading.Event, threading.Event]:
    """Stop the first transaction for which ``when`` holds at an event; return that it has stopped, and may go on."""
    stopped, goes_on = threading.Event(), threading.Event()

    def stop(*_: Any) -> None:
        if not stopped.is_set() and when():
            stopped.set()
            assert goes_on.wait(BOUND)

    event.listen(store._database.engine, name, stop)
    return stopped, goes_on


def by(thread: str) -> bool:
    return threading.current_thread().name == thread


def test_a_demotion_that_is_being_written_is_seen_by_whoever_begins_a_change(
    store: Store, hands: ThreadPoolExecutor
) -> None:
    opens(store)
    begins = Begins(store, claimed(store))
    begins.goes_on.set()
    written, goes_on = stopping(store, "commit", lambda: by("demotes"))
    demotion = threading.Thread(target=demotes, args=(store,), name="demotes")
    demotion.start()
    assert written.wait(BOUND)
    work = hands.submit(begins)
    comes_to_rest(store, work)
    goes_on.set()
    work.result(BOUND)
    demotion.join(BOUND)
    assert begins.level is OBSERVE


def test_a_demotion_comes_after_a_change_that_is_being_begun(store: Store, hands: ThreadPoolExecutor) -> None:
    opens(store)
    begins = Begins(store, claimed(store))
    work = hands.submit(begins)
    assert begins.thinks.wait(BOUND)
    demotion = hands.submit(demotes, store)
    comes_to_rest(store, demotion)
    assert not demotion.done()
    begins.goes_on.set()
    work.result(BOUND)
    demotion.result(BOUND)
    assert begins.level is AUTO
    assert store.steps(1)[0].status == "applying"
    assert [entry.level for entry in store.ledger.entries()] == [OBSERVE]


def test_of_two_that_begin_at_once_the_second_sees_the_first(store: Store, hands: ThreadPoolExecutor) -> None:
    opens(store, 1)
    opens(store, 2)
    first, second = Begins(store, claimed(store)), Begins(store, claimed(store))
    second.goes_on.set()
    one = hands.submit(first)
    assert first.thinks.wait(BOUND)
    other = hands.submit(second)
    comes_to_rest(store, other)
    first.goes_on.set()
    one.result(BOUND)
    other.result(BOUND)
    assert second.shown is not None
    assert [step.step_id for step in second.shown.history] == ["fb-1-0"]


def test_an_answer_and_the_end_of_its_incident_do_not_wait_for_each_other(
    store: Store, hands: ThreadPoolExecutor
) -> None:
    """The answer has the step's row when the decision wants to skip the step."""
    opens(store, 1, StepStatus.PROPOSED)
    plan = hash_of(store.steps(1)[0])
    read, goes_on = stopping(store, "after_cursor_execute", lambda: by("answers"))

    def answers() -> None:
        threading.current_thread().name = "answers"
        store.answer_step(1, 0, Answer(approve=True, plan=plan, actor="anna"), NOW)

    def ends(case: Case) -> Outcome:
        ended = replace(case.incident, status=IncidentStatus.RESOLVED, resolved_by="anna", resolved_at=NOW)
        return replace(remediate(replace(case, incident=ended), LOOKUP), incident=ended)

    answer = hands.submit(answers)
    assert read.wait(BOUND)
    decision = hands.submit(store.decide, 1, NOW, ends)
    comes_to_rest(store, decision)
    goes_on.set()
    answer.result(BOUND)
    decision.result(BOUND)
    assert [entry.kind for entry in store.timeline(1)][-2:] == ["approved", "step_skipped"]
    assert store.steps(1)[0].status == "skipped"


@pytest.mark.parametrize(
    "ends",
    [
        pytest.param(lambda store: store.resolve(1, "anna", NOW), id="a person"),
        pytest.param(lambda store: store.record(group(1, NOW, AlertStatus.RESOLVED), NOW), id="Alertmanager"),
    ],
)
def test_who_ends_an_incident_that_is_being_decided_on_takes_nothing_back(
    store: Store, hands: ThreadPoolExecutor, ends: Callable[[Store], Any]
) -> None:
    opens(store)
    thinks, goes_on = threading.Event(), threading.Event()

    def decide(case: Case) -> Outcome:
        thinks.set()
        assert goes_on.wait(BOUND)
        return Outcome(incident=replace(case.incident, receivers=("pager",)))

    decision = hands.submit(store.decide, 1, NOW, decide)
    assert thinks.wait(BOUND)
    end = hands.submit(ends, store)
    comes_to_rest(store, end)
    goes_on.set()
    decision.result(BOUND)
    end.result(BOUND)
    assert (store.incident(1).status, store.incident(1).receivers) == ("resolved", ("pager",))

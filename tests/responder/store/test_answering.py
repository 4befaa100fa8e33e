"""Answers to a plan on SQLite and on PostgreSQL: of many at once one counts, and whoever held the step lets go."""

import threading
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest

from firebrigade.responder.approval import Answer, hash_of, lapsed, proposed
from firebrigade.responder.case import Outcome
from firebrigade.responder.errors import ConflictError, NotFoundError
from firebrigade.responder.model import Alert, AlertGroup, AlertStatus
from firebrigade.responder.model_steps import StepResult, StepStatus
from firebrigade.responder.store.database import Database
from firebrigade.responder.store.store import Store

NOW = datetime(2026, 1, 5, 9, 0, tzinfo=UTC)
SECOND = timedelta(seconds=1)
WITHIN = timedelta(minutes=15)
LEASE = timedelta(minutes=5)
PEOPLE = 6
PLAN = {"step_id": "fb-1-0", "summary": "Evict pod checkout-1.", "planned_at": NOW.isoformat()}


def group() -> AlertGroup:
    labels = {"alertname": "ServiceDown"}
    alert = Alert(fingerprint="f", status=AlertStatus.FIRING, labels=labels, annotations={}, starts_at=NOW)
    return AlertGroup(
        source="am",
        receiver="firebrigade",
        status=AlertStatus.FIRING,
        group_key="key",
        group_labels=labels,
        common_labels=labels,
        common_annotations={},
        external_url="",
        alerts=(alert,),
    )


def planned() -> StepResult:
    return StepResult(
        id=0,
        step_id="fb-1-0",
        incident_id=1,
        position=0,
        name="restart",
        action="restart_pod",
        status=StepStatus.PLANNED,
        created_at=NOW,
        next_attempt_at=NOW,
        plan=PLAN,
    )


@pytest.fixture
def store(empty_database: Database) -> Store:
    """A store with one incident, whose plan waits for a person."""
    store = Store(empty_database)
    store.migrate()
    store.record(group(), NOW)
    waits, entries = proposed(planned(), NOW, WITHIN)
    store.decide(1, NOW, lambda case: Outcome(incident=case.incident, steps=(waits,), entries=tuple(entries)))
    return store


def answer(store: Store, *, approve: bool = True, actor: str = "anna", plan: str = "") -> StepResult:
    said = Answer(approve=approve, plan=plan or hash_of(planned()), actor=actor)
    return store.answer_step(1, 0, said, NOW + SECOND)


def kinds(store: Store) -> list[str]:
    return [entry.kind for entry in store.timeline(1)]


def test_an_answer_is_kept_with_who_gave_it_and_chained(store: Store) -> None:
    before = store.incident(1).news
    assert answer(store) == replace(store.steps(1)[0], fence=0)
    (step,) = store.steps(1)
    assert (step.status, step.answered_by, step.answered_at) == (StepStatus.APPROVED, "anna", NOW + SECOND)
    assert (step.approved_plan, step.expires_at) == (hash_of(planned()), NOW + SECOND + WITHIN)
    assert store.timeline(1)[-1].actor == "anna"
    assert store.chain(1).head.length == len(kinds(store))
    assert (store.incident(1).news, store.incident(1).next_due_at) == (before + 1, NOW + SECOND)


@pytest.mark.parametrize("both", [True, False], ids=["yes and no", "all say yes"])
def test_of_many_answers_at_once_one_counts(store: Store, both: bool) -> None:
    together = threading.Barrier(PEOPLE)

    def say(number: int) -> str:
        together.wait(timeout=30)
        try:
            return answer(store, approve=not (both and number % 2), actor=f"person-{number}").answered_by
        except ConflictError as error:
            return next(word for word in str(error).split() if word.startswith("person-"))

    with ThreadPoolExecutor(PEOPLE) as people:
        told = list(people.map(say, range(PEOPLE)))
    (step,) = store.steps(1)
    assert set(told) == {step.answered_by}
    assert len([kind for kind in kinds(store) if kind in {"approved", "rejected"}]) == 1
    assert step.status in {StepStatus.APPROVED, StepStatus.REJECTED}


def test_whoever_was_about_to_give_it_up_is_too_late_after_an_answer(store: Store) -> None:
    ahead = store.claim_step(NOW + WITHIN, LEASE)  # by another replica's clock
    assert ahead is not None
    answer(store)
    given_up = lapsed(ahead, store.incident(1), NOW + WITHIN)
    assert given_up is not None
    assert not store.finish_step(given_up[0], given_up[1], NOW + WITHIN)
    assert store.steps(1)[0].status is StepStatus.APPROVED
    assert "expired" not in kinds(store)


def test_an_answer_after_it_was_given_up_is_a_conflict(store: Store) -> None:
    step = store.claim_step(NOW + WITHIN, LEASE)
    assert step is not None
    given_up = lapsed(step, store.incident(1), NOW + WITHIN)
    assert given_up is not None
    assert store.finish_step(given_up[0], given_up[1], NOW + WITHIN)
    with pytest.raises(ConflictError, match="has expired: nobody approved it within 15m"):
        answer(store)
    assert store.steps(1)[0].status is StepStatus.EXPIRED


def test_an_approved_step_is_taken_by_one_replica_once(store: Store) -> None:
    answer(store)
    first = store.claim_step(NOW + SECOND, LEASE)
    assert (first.status if first else None) is StepStatus.APPROVED
    assert store.claim_step(NOW + SECOND, LEASE) is None
    answer(store, actor="bert")  # the same answer again does not let a second one take it
    assert store.claim_step(NOW + SECOND, LEASE) is None


def test_a_stage_that_read_the_step_before_the_answer_does_not_undo_it(store: Store) -> None:
    answer(store)
    changed = replace(store.steps(1)[0], status=StepStatus.PROPOSED, fence=0)
    store.decide(1, NOW + SECOND, lambda case: Outcome(incident=case.incident, steps=(changed,)))
    assert store.steps(1)[0].status is StepStatus.APPROVED


def test_what_contradicts_the_record_changes_nothing(store: Store) -> None:
    before = store.steps(1), kinds(store)
    with pytest.raises(ConflictError, match="another plan"):
        answer(store, plan="0" * 64)
    assert (store.steps(1), kinds(store)) == before


@pytest.mark.parametrize(("incident", "position"), [(1, 1), (2, 0)], ids=["no such step", "no such incident"])
def test_there_is_nothing_to_answer(store: Store, incident: int, position: int) -> None:
    with pytest.raises(NotFoundError):
        store.answer_step(incident, position, Answer(approve=True, plan="0" * 64, actor="anna"), NOW)

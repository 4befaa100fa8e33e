"""Silences for the length of a run: they make way for the next step, hold nothing back, and end with the run."""

from collections.abc import Sequence
from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest

from firebrigade.responder.alertmanager_records import NewSilence, Silence, SilenceState
from firebrigade.responder.engine.silence_keeper import RunSilenceKeeper
from firebrigade.responder.errors import AlertmanagerError
from firebrigade.responder.run_silences import RunSilencer, step_of, surplus
from firebrigade.responder.silences import plan_silences
from firebrigade.runbooks.contract import (
    Health,
    PermanentActionError,
    TemporaryActionError,
    UnknownOutcomeError,
)
from firebrigade.runbooks.silencing import SilenceStanding

LABELS = {"alertname": "ServiceDown", "pod": 'a"b'}


class ListingAlertmanager:
    """Keeps silences in a list; ``fail`` is raised by the next call, after its effect."""

    def __init__(self, now: Any) -> None:
        self.kept: list[Silence] = []
        self.fail: AlertmanagerError | None = None
        self._now = now

    def silences(self) -> Sequence[Silence]:
        self._failing()
        return list(self.kept)

    def create_silence(self, silence: NewSilence) -> str:
        values = {
            name: getattr(silence, name) for name in ("matchers", "starts_at", "ends_at", "created_by", "comment")
        }
        found = Silence(id=f"s{len(self.kept)}", state=SilenceState.ACTIVE, updated_at=self._now, **values)
        self.kept.append(found)
        self._failing()
        return found.id

    def expire_silence(self, silence_id: str) -> None:
        kept = [replace(one, state=SilenceState.EXPIRED) if one.id == silence_id else one for one in self.kept]
        self.kept[:] = kept
        self._failing()

    @property
    def living(self) -> list[str]:
        return [step_of(one) for one in self.kept if one.state is SilenceState.ACTIVE]

    def _failing(self) -> None:
        fail, self.fail = self.fail, None
        if fail is not None:
            raise fail


@pytest.fixture
def alertmanager(world: Any) -> ListingAlertmanager:
    return ListingAlertmanager(world.now)


def test_a_silence_makes_way_for_the_next_step(world: Any, runbook: Any) -> None:
    world.runbooks["service-down"] = runbook("silence", "restart")
    world.fires()
    assert [step.status.value for step in world.store.steps(1)] == ["done", "verified"]
    assert world.kinds().count("applied") == 2


def test_a_silence_is_made_once_and_found_again(world: Any, alertmanager: ListingAlertmanager) -> None:
    silencer = RunSilencer([alertmanager])
    ends_at = world.now + timedelta(minutes=15)
    silencer.silence("inc-0", LABELS, ends_at)
    silencer.silence("inc-0", LABELS, ends_at)
    (silence,) = alertmanager.kept
    assert [str(matcher) for matcher in silence.matchers] == ['alertname="ServiceDown"', 'pod="a\\"b"']
    assert silence.ends_at == ends_at
    assert silence.starts_at < world.now
    (found,) = silencer.of_step("inc-0")
    assert found.standing is SilenceStanding.ACTIVE
    silencer.expire(found.id)
    assert [one.standing for one in silencer.of_step("inc-0")] == [SilenceStanding.EXPIRED]
    assert silencer.of_step("inc-00") == []


def test_the_alert_is_silenced_wherever_it_may_be_heard(world: Any) -> None:
    both = [ListingAlertmanager(world.now), ListingAlertmanager(world.now)]
    RunSilencer(both[:1]).silence("inc-0", LABELS, world.now)
    silencer = RunSilencer(both)
    silencer.silence("inc-0", LABELS, world.now)
    assert [len(one.kept) for one in both] == [1, 1]
    for found in silencer.of_step("inc-0"):
        silencer.expire(found.id)
    assert [one.living for one in both] == [[], []]


@pytest.mark.parametrize(
    ("temporary", "asks", "makes"),
    [(True, TemporaryActionError, UnknownOutcomeError), (False, PermanentActionError, PermanentActionError)],
)
def test_no_answer_to_a_change_leaves_its_outcome_unknown(
    world: Any, alertmanager: ListingAlertmanager, temporary: bool, asks: type[Exception], makes: type[Exception]
) -> None:
    silencer = RunSilencer([alertmanager])
    alertmanager.fail = AlertmanagerError("no", temporary=temporary)
    with pytest.raises(asks):
        silencer.of_step("inc-0")
    create = alertmanager.create_silence

    def failing(silence: NewSilence) -> str:
        alertmanager.fail = AlertmanagerError("no", temporary=temporary)
        return create(silence)

    alertmanager.create_silence = failing  # type: ignore[method-assign]
    with pytest.raises(makes):
        silencer.silence("inc-0", LABELS, world.now)
    assert len(silencer.of_step("inc-0")) == 1


def _run(world: Any, runbook: Any, alertmanager: ListingAlertmanager, *steps: str) -> str:
    """Begin a run that has silenced its alert, and return its step."""
    world.runbooks["service-down"] = runbook(*steps)
    world.executor.healths = [Health.HEALTHY, *[Health.WAITING] * 999]
    world.fires()
    step_id: str = world.store.steps(1)[0].step_id
    RunSilencer([alertmanager]).silence(step_id, LABELS, world.now + timedelta(minutes=15))
    return step_id


def test_a_silence_stays_while_its_run_does_and_ends_with_it(
    world: Any, runbook: Any, alertmanager: ListingAlertmanager
) -> None:
    step_id = _run(world, runbook, alertmanager, "silence", "restart")
    keeper = RunSilenceKeeper(world.store, alertmanager)
    keeper.tick()
    assert alertmanager.living == [step_id]
    world.passes(timedelta(seconds=70))  # the restart has not helped
    keeper.tick()
    assert alertmanager.living == []


def test_a_silence_ends_when_its_alert_resolves(world: Any, runbook: Any, alertmanager: ListingAlertmanager) -> None:
    _run(world, runbook, alertmanager, "silence", "restart")
    world.resolves()
    RunSilenceKeeper(world.store, alertmanager).tick()
    assert alertmanager.living == []


def test_a_silence_of_another_firebrigade_or_of_a_person_is_left_alone(alertmanager: ListingAlertmanager) -> None:
    def silence(comment: str, created_by: str = "firebrigade") -> Silence:
        values = {"matchers": (), "starts_at": None, "ends_at": None, "updated_at": None}
        made: Any = {"id": comment, "state": SilenceState.ACTIVE, "created_by": created_by, "comment": comment}
        return Silence(**values, **made)  # type: ignore[arg-type]

    ours, other = silence("x [firebrigade-run:a-0]"), silence("x [firebrigade-run:b-0]")
    forged, plain = silence("x [firebrigade-run:a-0]", "alice"), silence("move")
    assert surplus([ours, other, forged, plain], {"a": True}) == [ours]
    assert surplus([ours], {"a": False}) == []


def test_the_keeper_of_maintenance_does_not_end_a_run_s_silence(world: Any, alertmanager: ListingAlertmanager) -> None:
    RunSilencer([alertmanager]).silence("inc-0", LABELS, world.now + timedelta(minutes=15))
    assert plan_silences((), alertmanager.silences()).surplus == ()

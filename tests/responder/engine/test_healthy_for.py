"""A step counts as verified once it has been healthy for as long as its runbook says, without a break."""

from collections.abc import Sequence
from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from firebrigade.responder.clock import ManualClock
from firebrigade.responder.model_steps import StepResult, StepStatus
from firebrigade.responder.stages.verify import LONGEST_GAP, PATIENCE, judge, out_of_time
from firebrigade.runbooks.contract import Health, TemporaryActionError, Verdict

SECOND, MINUTE = timedelta(seconds=1), timedelta(minutes=1)
TICK = 2 * SECOND
START = ManualClock().now()
LOOKED = [Health.HEALTHY, Health.WAITING]


@pytest.fixture
def holding(world: Any, runbook: Any) -> Any:
    """A world whose step must be healthy for half a minute; it may take a minute to become so."""
    (first,) = runbook("restart").steps
    world.runbooks["service-down"] = runbook(replace(first, healthy_for=30 * SECOND), "roll-back")
    return world


def _status(world: Any) -> str:
    return str(world.store.steps(1)[0].status)


def _applied(**changes: Any) -> StepResult:
    step = StepResult(
        id=1,
        step_id="one-0",
        incident_id=1,
        position=0,
        name="restart",
        action="restart",
        status=StepStatus.APPLIED,
        created_at=START,
        next_attempt_at=START,
        verify_until=START + MINUTE,
    )
    return replace(step, **changes)


def _looks(step: StepResult, healths: Sequence[Health], every: timedelta, healthy_for: timedelta) -> list[StepResult]:
    """Return the step after each look, until it comes to an end."""
    seen = [step]
    for number, health in enumerate(healths):
        if seen[-1].status is not StepStatus.APPLIED:
            break
        verdict, now = Verdict(health=health, summary="."), START + number * every
        judged = judge(seen[-1], verdict, incident_open=True, undo=False, now=now, healthy_for=healthy_for)
        seen.append(judged)
    return seen


def test_a_step_counts_only_after_it_was_healthy_for_so_long(holding: Any) -> None:
    holding.fires()
    holding.passes(28 * SECOND, tick=TICK)
    assert _status(holding) == "applied"
    holding.passes(TICK, tick=TICK)
    assert _status(holding) == "verified"
    assert holding.store.steps(1)[0].verdict == "looks healthy, for 30s without a break."


def test_one_unhealthy_look_starts_the_clock_again(holding: Any) -> None:
    holding.executor.healths = [*[Health.HEALTHY] * 10, Health.WAITING]
    holding.fires()
    holding.passes(50 * SECOND, tick=TICK)
    assert _status(holding) == "applied"
    holding.passes(TICK, tick=TICK)
    assert _status(holding) == "verified"


def test_a_stretch_that_began_in_time_may_end_later(holding: Any) -> None:
    holding.executor.healths = [Health.WAITING] * 28
    holding.fires()
    holding.passes(84 * SECOND, tick=TICK)
    assert _status(holding) == "applied"
    holding.passes(TICK, tick=TICK)
    assert _status(holding) == "verified"


def test_a_stretch_that_breaks_after_the_time_is_over_ends_it(holding: Any) -> None:
    holding.executor.healths = [*[Health.WAITING] * 28, *[Health.HEALTHY] * 5, Health.WAITING]
    holding.fires()
    holding.passes(70 * SECOND, tick=TICK)
    assert _status(holding) == "failed"


def test_a_look_that_could_not_be_made_after_the_time_is_over_breaks_no_stretch(holding: Any) -> None:
    holding.executor.healths = [Health.WAITING] * 28
    holding.fires()
    holding.passes(MINUTE, tick=TICK)
    holding.executor.verify_errors = [TemporaryActionError("busy")] * 3
    holding.passes(26 * SECOND, tick=TICK)
    assert _status(holding) == "verified"


def test_a_step_that_can_not_be_looked_at_any_more_fails(holding: Any) -> None:
    holding.executor.healths = [Health.WAITING] * 28
    holding.fires()
    holding.passes(MINUTE, tick=TICK)
    holding.executor.verify_errors = [TemporaryActionError("busy")] * 999
    holding.passes(MINUTE + TICK, tick=TICK)
    assert _status(holding) == "failed"


def test_an_alert_that_resolves_makes_no_step_healthy(holding: Any) -> None:
    """The pod that it names may be gone, and the next one as sick."""
    holding.fires()
    holding.resolves()
    holding.passes(28 * SECOND, tick=TICK)
    assert _status(holding) == "applied"
    holding.passes(TICK, tick=TICK)
    assert _status(holding) == "verified"


def test_a_stretch_that_breaks_once_the_alert_resolved_begins_anew_as_long_as_there_is_time(holding: Any) -> None:
    holding.executor.healths = [*[Health.HEALTHY] * 5, *[Health.WAITING] * 40]
    holding.fires()
    holding.resolves()
    holding.passes(58 * SECOND, tick=TICK)
    assert _status(holding) == "applied"
    holding.passes(TICK, tick=TICK)
    assert _status(holding) == "unverified"
    assert holding.kinds()[-1] == "unverified"


@pytest.mark.parametrize(
    ("away", "more"),
    [
        pytest.param(20 * SECOND, 0 * SECOND, id="a short while counts"),
        pytest.param(2 * MINUTE, 30 * SECOND, id="what nobody saw does not"),
    ],
)
def test_the_clock_outlives_the_process(holding: Any, away: timedelta, more: timedelta) -> None:
    # Every sweep of this world is a new runner; what it knows of the stretch stands in the store.
    holding.fires()
    holding.passes(10 * SECOND, tick=TICK)
    holding.clock.advance(away)
    holding.sweep.drain()
    assert _status(holding) == ("applied" if more else "verified")
    holding.passes(more, tick=TICK)
    assert _status(holding) == "verified"


def test_a_step_that_is_looked_at_too_rarely_for_any_stretch_comes_to_an_end() -> None:
    seen = _looks(_applied(), [Health.HEALTHY] * 99, LONGEST_GAP + SECOND, 5 * MINUTE)
    assert seen[-1].status is StepStatus.VERIFIED
    assert seen[-1].finished_at is not None
    assert START + PATIENCE < seen[-1].finished_at < START + PATIENCE + 10 * MINUTE


@given(st.lists(st.sampled_from(LOOKED), max_size=80), st.integers(0, 40))
def test_whatever_is_seen_only_an_unbroken_stretch_counts_and_it_ends_in_time(
    healths: list[Health], seconds: int
) -> None:
    healthy_for = seconds * SECOND
    seen = _looks(_applied(), healths, TICK, healthy_for)
    looks = len(seen) - 1
    needed = -(-seconds // 2) + 1  # looks two seconds apart, both ends counted
    if seen[-1].status is StepStatus.VERIFIED:
        assert healths[looks - needed : looks] == [Health.HEALTHY] * needed
    if seen[-1].status is StepStatus.APPLIED:
        assert looks * TICK <= MINUTE + healthy_for + TICK
    assert not (seen[-1].status is StepStatus.FAILED and healths[looks - 1] is Health.HEALTHY)


@pytest.mark.parametrize(
    ("after", "seen_before", "over"),
    [
        pytest.param(59 * SECOND, None, False, id="in time"),
        pytest.param(60 * SECOND, None, True, id="out of time"),
        pytest.param(60 * SECOND, 2 * SECOND, False, id="in a stretch"),
        pytest.param(90 * SECOND, LONGEST_GAP + SECOND, True, id="not seen for too long"),
    ],
)
def test_a_stretch_has_its_own_time(after: timedelta, seen_before: timedelta | None, over: bool) -> None:
    now = START + after
    step = _applied(healthy_seen_at=None if seen_before is None else now - seen_before)
    assert out_of_time(step, now) is over


@pytest.mark.parametrize("health", [Health.HEALTHY, Health.WAITING, Health.WORSE])
def test_a_clock_that_is_set_back_prolongs_nothing(holding: Any, health: Health) -> None:
    holding.executor.healths = [health] * 99
    holding.fires()
    holding.passes(4 * SECOND, tick=TICK)
    holding.clock = ManualClock(holding.now - 60 * MINUTE)
    holding.store.make_due(holding.now)
    holding.passes(2 * MINUTE, tick=TICK)
    wanted = {Health.HEALTHY: "verified", Health.WAITING: "failed", Health.WORSE: "undone"}
    assert _status(holding) == wanted[health]


def test_a_cluster_that_stays_away_ends_the_verification_after_the_clock_was_set_back(holding: Any) -> None:
    holding.executor.verify_errors = [TemporaryActionError("away")] * 99
    holding.fires()
    holding.clock = ManualClock(holding.now - 60 * MINUTE)
    holding.store.make_due(holding.now)
    holding.passes(2 * MINUTE)
    assert _status(holding) == "failed"

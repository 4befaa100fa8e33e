"""wait: a pause, counted from the first look."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest
from pydantic import ValidationError

from firebrigade.runbooks.actions.wait import Wait, WaitParams
from firebrigade.runbooks.readings import Asked, Pause, Reading

NOW = datetime(2026, 1, 5, 9, 0, tzinfo=UTC)
PARAMS = WaitParams(duration=timedelta(minutes=2))
FIRST = Asked(labels={}, now=NOW)


def test_the_first_look_pauses_until_the_time_is_over() -> None:
    assert Wait().read(None, PARAMS, FIRST) == Pause(until=NOW + timedelta(minutes=2), summary="waits 2m")


@pytest.mark.parametrize(("late", "kind"), [(-1, Pause), (0, Reading), (600, Reading)])
def test_it_is_over_when_its_time_is_however_late_anybody_looks(late: int, kind: type) -> None:
    until = NOW + timedelta(minutes=2)
    found = Wait().read(None, PARAMS, replace(FIRST, now=until + timedelta(seconds=late), paused_until=until))
    assert isinstance(found, kind)
    assert getattr(found, "until", until) == until
    assert getattr(found, "result", "over") == "over"


def test_a_clock_that_was_set_back_begins_the_pause_anew() -> None:
    found = Wait().read(None, PARAMS, replace(FIRST, paused_until=NOW + timedelta(hours=1)))
    assert found == Pause(until=NOW + timedelta(minutes=2), summary="waits 2m")


@pytest.mark.parametrize("duration", ["0s", "61m", "5", ""])
def test_nobody_waits_for_nothing_or_for_ever(duration: str) -> None:
    with pytest.raises(ValidationError):
        WaitParams.model_validate({"duration": duration})

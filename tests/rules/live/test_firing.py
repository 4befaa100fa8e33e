"""When an alert would have fired: by the same rules as Prometheus, evaluation by evaluation."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from firebrigade.rules.live.firing import Firing, firings
from firebrigade.rules.live.history import slices

STEP = 60


def fired(pattern: str, hold: int, keep: int = 0) -> list[Firing]:
    """Return the firings of a pattern with a character for each evaluation: ``x`` where the condition held."""
    times = [number * STEP for number, state in enumerate(pattern) if state == "x"]
    return list(firings(times, STEP, hold, keep))


@pytest.mark.parametrize(
    ("pattern", "hold", "keep", "expected"),
    [
        pytest.param("", 0, 0, [], id="never"),
        pytest.param(".x.", 0, 0, [(60, 60)], id="one evaluation is enough without for"),
        pytest.param(".x.", 60, 0, [], id="and not enough with it"),
        pytest.param(".xxx.", 120, 0, [(180, 180)], id="it fires when for has passed"),
        pytest.param(".xxx.", 121, 0, [], id="not before"),
        pytest.param("xxx.xxx", 60, 0, [(60, 120), (300, 360)], id="a gap ends it"),
        pytest.param("xx.xx.xx", 120, 0, [], id="a gap begins the waiting anew"),
        pytest.param("xxx.xxx", 60, 60, [(60, 360)], id="what is kept firing needs no waiting"),
        pytest.param("xxx..xxx", 60, 60, [(60, 120), (360, 420)], id="keep_firing_for ends, too"),
        pytest.param("xxx..x", 60, 120, [(60, 300)], id="a single evaluation keeps it firing"),
    ],
)
def test_firings_are_counted(pattern: str, hold: int, keep: int, expected: list[tuple[float, float]]) -> None:
    assert [(one.start, one.end) for one in fired(pattern, hold, keep)] == expected


@given(st.text(alphabet="x.", max_size=40), st.integers(0, 5), st.integers(0, 5))
def test_prometheus_would_have_done_the_same(pattern: str, hold: int, keep: int) -> None:
    active: int | None = None
    firing, kept_since, begun = False, -1, 0
    for number, state in enumerate(pattern + "." * 10):
        now = number * STEP
        if state == "x":
            active, kept_since = (now if active is None else active), -1
            if not firing and now - active >= hold * STEP:
                firing, begun = True, begun + 1
            continue
        if firing and keep:
            kept_since = now if kept_since < 0 else kept_since
            if now - kept_since < keep * STEP:
                continue
        active, firing, kept_since = None, False, -1
    assert len(fired(pattern, hold * STEP, keep * STEP)) == begun


@given(st.floats(1e9, 2e9), st.integers(15, 300))
def test_slices_are_the_evaluations_of_seven_days_each_once(now: float, step: int) -> None:
    found = list(slices(now, step))
    moments = [start + number * step for start, end in found for number in range(round((end - start) / step) + 1)]
    assert all((end - start) / step + 1 <= 10_000 for start, end in found)
    assert moments == [moments[0] + number * step for number in range(len(moments))]
    assert 0 <= now - moments[-1] < step
    assert abs((moments[-1] - moments[0]) - 7 * 86_400) < step

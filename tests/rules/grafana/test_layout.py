"""Panels on the grid."""

from itertools import combinations

from hypothesis import given
from hypothesis import strategies as st

from firebrigade.rules.grafana.layout import Place, below, places

SIZES = st.lists(st.tuples(st.integers(1, 24), st.integers(1, 20)), max_size=20)


def test_a_line_is_filled_from_the_left_and_the_next_begins_below_the_highest() -> None:
    found = [(one.x, one.y) for one in places([(12, 8), (12, 4), (6, 4), (18, 2), (1, 1)], top=5)]
    assert found == [(0, 5), (12, 5), (0, 13), (6, 13), (0, 17)]


@given(SIZES, st.integers(0, 50))
def test_no_panels_overlap_or_leave_the_grid(sizes: list[tuple[int, int]], top: int) -> None:
    found = list(places(sizes, top))
    assert [(one.width, one.height) for one in found] == sizes
    assert all(one.x + one.width <= 24 and top <= one.y for one in found)
    assert not any(overlap(a, b) for a, b in combinations(found, 2))
    assert below(found, top) >= max((one.y + one.height for one in found), default=top)


def overlap(a: Place, b: Place) -> bool:
    beside = a.x + a.width <= b.x or b.x + b.width <= a.x
    above = a.y + a.height <= b.y or b.y + b.height <= a.y
    return not (beside or above)

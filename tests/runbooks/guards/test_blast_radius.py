"""A repair must not become the outage."""

from dataclasses import replace
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from firebrigade.runbooks.contract import RefusalReason, Target
from firebrigade.runbooks.guards.blast_radius import BlastRadius

COUNTS, PERCENTS = st.integers(1, 12), st.integers(0, 100)


@pytest.mark.parametrize(
    ("ready", "wanted", "takes", "allowed"),
    [
        pytest.param(2, 2, 1, True, id="one of two"),
        pytest.param(1, 2, 1, False, id="the last ready one of two"),
        pytest.param(3, 3, 1, True, id="one of three"),
        pytest.param(2, 3, 1, False, id="one of three while another is missing"),
        pytest.param(3, 3, 3, False, id="all of three"),
        pytest.param(4, 4, 2, True, id="half of four"),
        pytest.param(10, 10, 6, False, id="more than half of ten"),
        pytest.param(1, 1, 1, True, id="the only one of one"),
        pytest.param(0, 1, 0, True, id="the only one of one, which is not ready"),
        pytest.param(0, 3, 0, True, id="one of three of which none is ready"),
        pytest.param(1, 3, 0, True, id="one that is not ready, of three with one ready"),
        pytest.param(5, 3, 2, True, id="what there is too much of"),
        pytest.param(1, 0, 1, True, id="of a workload that should have none"),
    ],
)
def test_ready_pods_are_taken_only_as_far_as_enough_are_left(
    plan: Any, asked: Any, ready: int, wanted: int, takes: int, allowed: bool
) -> None:
    found = asked(plan(ready=ready, wanted=wanted, takes_ready=takes))
    assert found is (None if allowed else RefusalReason.BLAST_RADIUS)


@pytest.mark.parametrize("percent", [33, 34])
def test_the_percentage_is_the_limit_itself(plan: Any, asked: Any, percent: int) -> None:
    found = asked(plan(ready=3, wanted=3, takes_ready=1), max_unready_percent=percent)
    assert found is (RefusalReason.BLAST_RADIUS if percent == 33 else None)


@pytest.mark.parametrize("most", [2, 3])
def test_of_a_large_workload_no_more_pods_are_taken_than_may_be(plan: Any, asked: Any, most: int) -> None:
    found = asked(plan(ready=90, wanted=90, takes_ready=3), max_pods_taken=most)
    assert found is (RefusalReason.BLAST_RADIUS if most == 2 else None)


def test_nothing_is_done_while_a_rollout_is_in_progress(plan: Any, asked: Any) -> None:
    assert asked(plan(disturbs_rollout=True)) is RefusalReason.BLAST_RADIUS
    assert asked(plan(ready=1, wanted=1, disturbs_rollout=True)) is RefusalReason.BLAST_RADIUS


@pytest.mark.parametrize("fact", ["ready", "wanted", "takes_ready", "disturbs_rollout"])
def test_a_plan_for_a_workload_that_keeps_a_count_to_itself_is_refused(plan: Any, asked: Any, fact: str) -> None:
    planned = plan()
    silent = replace(planned, before={name: value for name, value in planned.before.items() if name != fact})
    assert asked(silent) is RefusalReason.BLAST_RADIUS


def test_an_agent_has_no_pods_to_count(plan: Any, asked: Any) -> None:
    planned = replace(plan(Target(kind="agent", namespace="", name="agent-07")), before={"state": "failed"})
    assert asked(planned) is None


@settings(deadline=None)
@given(counts=st.tuples(st.integers(0, 12), st.integers(2, 10), st.integers(1, 12)), most=COUNTS, percent=PERCENTS)
def test_what_is_let_through_leaves_a_ready_pod_and_keeps_to_both_limits(
    plan: Any, counts: tuple[int, int, int], most: int, percent: int
) -> None:
    ready, wanted, takes = counts
    guard = BlastRadius(max_pods_taken=most, max_unready_percent=percent)
    if guard.allow(plan(ready=ready, wanted=wanted, takes_ready=takes), (), plan().planned_at) is None:
        left = ready - takes
        assert left >= 1
        assert takes <= most
        assert max(0, wanted - left) / wanted <= percent / 100

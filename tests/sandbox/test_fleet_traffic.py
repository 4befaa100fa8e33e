"""The fleet's counters: they grow with the clock, at steady rates, and nothing that is switched makes them fall."""

import itertools
from datetime import timedelta
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from firebrigade.responder.clock import ManualClock
from sandbox.fleet.cluster import StaticSource
from sandbox.fleet.fleet import Fleet
from sandbox.fleet.recorder import Family, Recorder
from sandbox.fleet.series import Counter, Histogram, Spread, outcomes
from sandbox.fleet.supervisor import NoSupervisor

API = "neurectomy-api-7d9f5c6b48-stat0"
Values = dict[tuple[str, tuple[tuple[str, str], ...]], float]


def make_fleet(clock: ManualClock, seed: int = 1) -> Fleet:
    fleet = Fleet(StaticSource(), NoSupervisor(), clock, seed)
    fleet.targets()
    return fleet


def counted(families: list[Family]) -> Values:
    """Return every series that may only grow."""
    return {
        (sample.name, tuple(sorted(sample.labels.items()))): sample.value
        for family in families
        if family.kind != "gauge"
        for sample in family.samples
    }


def requests(fleet: Fleet, **labels: str) -> float:
    found = fleet.scrape_pod("neurectomy", API)
    samples = [one for family in found for one in family.samples if one.name == "neurectomy_http_requests_total"]
    return sum(sample.value for sample in samples if labels.items() <= sample.labels.items())


def test_rates_are_the_same_in_every_minute() -> None:
    clock = ManualClock()
    fleet = make_fleet(clock)
    totals = []
    for _ in range(6):
        totals.append(requests(fleet))
        clock.advance(timedelta(minutes=1))
    growth = [after - before for before, after in itertools.pairwise(totals)]
    assert max(growth) - min(growth) <= 12  # each of the twelve series is cut to a whole number
    assert 500 < growth[0] < 700


def test_the_same_seed_and_clock_give_the_same_numbers_however_often_it_is_scraped() -> None:
    one_clock, other_clock = ManualClock(), ManualClock()
    one, other = make_fleet(one_clock, seed=7), make_fleet(other_clock, seed=7)
    for _ in range(60):
        one_clock.advance(timedelta(seconds=1))
        one.scrape_pod("neurectomy", API)
    other_clock.advance(timedelta(seconds=60))
    assert counted(one.scrape_pod("neurectomy", API)) == pytest.approx(counted(other.scrape_pod("neurectomy", API)))


def test_another_seed_spreads_the_traffic_differently() -> None:
    assert requests(make_fleet(ManualClock(), seed=1)) != requests(make_fleet(ManualClock(), seed=2))


def test_a_fault_changes_only_what_comes_after_it() -> None:
    clock = ManualClock()
    fleet = make_fleet(clock)
    clock.advance(timedelta(minutes=10))
    fleet.switch_on({"fault": "errors", "deployment": "neurectomy-api", "share": 1.0})
    before = requests(fleet, status="500")
    assert before < 0.01 * requests(fleet)
    clock.advance(timedelta(minutes=1))
    assert requests(fleet, status="500") - before > 500


FAULTS = st.sampled_from(
    [
        {"fault": "errors", "deployment": "neurectomy-api", "share": 0.5},
        {"fault": "slow", "deployment": "neurectomy-api", "seconds": 8},
        {"fault": "traffic", "deployment": "neurectomy-api", "share": 0},
        {"fault": "traffic", "deployment": "neurectomy-api", "share": 4},
        {"fault": "oom", "deployment": "neurectomy-api"},
        {"fault": "errors", "deployment": "sigmavault", "share": 1},
    ]
)
STEPS = st.lists(st.one_of(FAULTS, st.none(), st.floats(min_value=0, max_value=3600)), max_size=12)


@settings(max_examples=25, deadline=None)
@given(steps=STEPS)
def test_counters_never_fall_and_buckets_stay_cumulative(steps: list[dict[str, Any] | float | None]) -> None:
    clock = ManualClock()
    fleet = make_fleet(clock)
    before: Values = {}
    for step in steps:
        if step is None:
            fleet.switch_off()
        elif isinstance(step, dict):
            fleet.switch_on(step)
        else:
            clock.advance(timedelta(seconds=step))
        families = [*fleet.scrape_pod("neurectomy", API), *fleet.scrape_exporter("kube-state-metrics")]
        now = counted(families)
        assert all(now[key] >= value for key, value in before.items())
        for family in families:
            assert_cumulative(family)
        before = now


def assert_cumulative(family: Family) -> None:
    buckets: dict[tuple[tuple[str, str], ...], list[float]] = {}
    for sample in family.samples:
        if sample.name.endswith("_bucket"):
            key = tuple(sorted(item for item in sample.labels.items() if item[0] != "le"))
            buckets.setdefault(key, []).append(sample.value)
    assert all(values == sorted(values) for values in buckets.values())


@pytest.mark.parametrize(
    ("bound", "share"),
    [
        pytest.param(0.5, 0.5, id="half of all observations are below the median"),
        pytest.param(1e9, 1.0, id="all are below a bound that is far above"),
        pytest.param(1e-9, 0.0, id="none is below a bound that is far below"),
    ],
)
def test_a_spread_is_centred_on_its_median(bound: float, share: float) -> None:
    assert Spread(median=0.5).share_below(bound) == pytest.approx(share)


def test_outcomes_share_the_same_requests() -> None:
    made = outcomes("requests_total", 10, {"error": 0.25}, "success", model="a")
    assert {one.labels["status"]: one.per_second for one in made} == {"success": 7.5, "error": 2.5}
    assert all(one.labels["model"] == "a" for one in made)


def test_a_clock_that_goes_back_adds_nothing_and_takes_nothing() -> None:
    start = ManualClock().now()
    recorder = Recorder(start)
    series = [Counter(name="requests_total", per_second=1)]
    recorder.advance(series, start + timedelta(seconds=10))
    recorder.advance(series, start + timedelta(seconds=5))
    recorder.advance(series, start + timedelta(seconds=10))
    assert recorder.families(series)[0].samples[0].value == 10


def test_a_histogram_ends_with_count_and_sum_that_belong_to_its_buckets() -> None:
    start = ManualClock().now()
    recorder = Recorder(start)
    series = [Histogram(name="seconds", per_second=10, spread=Spread(median=1, sigma=0.001), bounds=(0.5, 2))]
    recorder.advance(series, start + timedelta(seconds=10))
    values = {(one.name, one.labels.get("le")): one.value for one in recorder.families(series)[0].samples}
    assert values[("seconds_bucket", "0.5")] == 0
    assert values[("seconds_bucket", "2.0")] == values[("seconds_bucket", "+Inf")] == values[("seconds_count", None)]
    assert values[("seconds_count", None)] == 100
    assert values[("seconds_sum", None)] == pytest.approx(100, rel=0.01)

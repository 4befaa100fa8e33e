"""The part of PromQL that the virtual world knows; what it does not know, it refuses."""

from datetime import UTC, datetime, timedelta

import pytest

from firebrigade.runbooks.loader import RunbookLibrary
from firebrigade.runbooks.promql import render_query
from sandbox.virtual.promql import Evaluator, UnsupportedQueryError
from sandbox.virtual.series import Samples, labels_of

START = datetime(2026, 1, 5, 9, 0, tzinfo=UTC)
LABELS = {"namespace": "shop", "deployment": "api", "pod": "api-0", "agent_id": "agent-01"}


@pytest.fixture
def now() -> datetime:
    return START + timedelta(minutes=10)


@pytest.fixture
def evaluator(now: datetime) -> Evaluator:
    """Ten minutes of scrapes: a counter that rises by one a second, one that was reset, a gauge, a histogram."""
    samples = Samples()
    at = START
    while at <= now:
        seconds = (at - START).total_seconds()
        samples.scrape(
            {
                labels_of("requests_total", pod="a", status="200"): seconds,
                labels_of("requests_total", pod="b", status="500"): seconds % 300,
                labels_of("up", pod="a"): 1.0,
                labels_of("up", pod="b"): 0.0,
                labels_of("took_bucket", le="1.0"): seconds / 2,
                labels_of("took_bucket", le="5.0"): seconds,
                labels_of("took_bucket", le="+Inf"): seconds,
            },
            at,
        )
        at += timedelta(seconds=15)
    return Evaluator(samples)


@pytest.mark.parametrize(
    ("query", "value"),
    [
        pytest.param("min(up)", 0.0, id="the smallest"),
        pytest.param("count(up == 0)", 1.0, id="how many"),
        pytest.param('max(up{pod=~"a|c"}) == bool 1', 1.0, id="a comparison that answers"),
        pytest.param('rate(requests_total{pod="a"}[1m])', 1.0, id="a rate"),
        pytest.param('increase(requests_total{pod="b"}[5m])', 285 / 285 * 300 - 300 / 19, id="a reset is no fall"),
        pytest.param('sum(rate(requests_total{status!~"5.."}[1m])) / vector(2)', 0.5, id="a share"),
        pytest.param("sum(nothing) or vector(0)", 0.0, id="nothing, or zero"),
        pytest.param("histogram_quantile(0.75, sum by (le) (rate(took_bucket[1m])))", 3.0, id="a quantile"),
        pytest.param("2 * 3 - 1", 5.0, id="numbers"),
    ],
)
def test_a_query_is_evaluated(evaluator: Evaluator, now: datetime, query: str, value: float) -> None:
    (found,) = evaluator.evaluate(query, now).values()
    assert found == pytest.approx(value)


def test_a_series_that_a_scrape_did_not_find_is_over(evaluator: Evaluator, now: datetime) -> None:
    evaluator._samples.scrape({labels_of("up", pod="a"): 1.0}, now + timedelta(seconds=15))
    later = now + timedelta(seconds=20)
    assert len(evaluator.evaluate("up", later)) == 1
    assert len(evaluator.evaluate("rate(requests_total[5m])", later)) == 2


@pytest.mark.parametrize(
    "query",
    [
        "up offset 5m",
        "sum without (pod) (up)",
        "label_replace(up, 'a', 'b', 'c', 'd')",
        "up and up",
        "stddev(up)",
        "up[5m:1m]",
        "up > up",
        "this is no PromQL",
    ],
)
def test_what_it_does_not_know_it_refuses(evaluator: Evaluator, now: datetime, query: str) -> None:
    with pytest.raises(UnsupportedQueryError):
        evaluator.evaluate(query, now)


def test_it_knows_what_the_bundled_runbooks_ask(evaluator: Evaluator, now: datetime) -> None:
    steps = [step for runbook in RunbookLibrary.load() for step in runbook.steps]
    asked = [step.verify_query or str(step.params.get("query", "")) for step in steps]
    for query in filter(None, asked):
        evaluator.evaluate(render_query(query, LABELS), now)

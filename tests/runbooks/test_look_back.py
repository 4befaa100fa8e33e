"""How far queries look into the past, and which can be compared at two moments."""

from datetime import timedelta

import pytest

from firebrigade.runbooks.look_back import check_comparable, looks_back, recorded

ERRORS = 'errors_total{service="$service"}'


@pytest.mark.parametrize(
    ("query", "seconds"),
    [
        pytest.param("queue_length", 0, id="a gauge"),
        pytest.param("queue_length offset 2m", 120, id="an offset"),
        pytest.param(f"sum(rate({ERRORS}[1m]))", 60, id="a range"),
        pytest.param(f"sum(rate({ERRORS}[1m] offset 30s))", 90, id="a range with an offset"),
        pytest.param(f"(sum(rate({ERRORS}[1m])) or vector(0)) / sum(rate(all_total[5m]))", 300, id="the longest"),
        pytest.param(f"max_over_time(rate({ERRORS}[1m])[10m:30s] offset 1m)", 720, id="a subquery"),
        pytest.param(f"-topk(scalar(max_over_time(depth[3m])), rate({ERRORS}[1m]))", 180, id="a parameter"),
        pytest.param("histogram_quantile(0.9, sum by (le) (rate(seconds_bucket[2m])))", 120, id="an argument"),
    ],
)
def test_a_query_looks_as_far_back_as_its_ranges_and_offsets(query: str, seconds: int) -> None:
    assert check_comparable(query) is None
    assert looks_back(query) == timedelta(seconds=seconds)


@pytest.mark.parametrize(
    ("query", "problem"),
    [
        pytest.param("sum(", "is not PromQL", id="no query"),
        pytest.param("rate(errors_total[1m]) > 0.1", "rises_by is the limit", id="a limit"),
        pytest.param("vector(1)", "asks for no series", id="no series"),
        pytest.param("time()", "asks for no series", id="the time"),
        pytest.param("sum(errors_total)", "counter errors_total itself", id="a counter"),
        pytest.param('{__name__="errors_total"}', "counter errors_total itself", id="a counter by its label"),
        pytest.param(
            "max(last_over_time(errors_total[1m]))", "counter errors_total itself", id="a counter's last value"
        ),
        pytest.param("errors_total @ end()", "take @", id="a fixed moment"),
        pytest.param("rate(errors_total[1m] @ 0)", "take @", id="a range at a fixed moment"),
        pytest.param("queue_length offset -1m", "into the future", id="the future"),
        pytest.param("max_over_time(queue_length[5m:1m] offset -1m)", "into the future", id="a subquery's future"),
    ],
)
def test_what_can_not_be_compared_is_refused_with_its_reason(query: str, problem: str) -> None:
    assert problem in (check_comparable(query) or "")


@pytest.mark.parametrize("query", ["slo:sli_error:ratio_rate5m", 'sum({__name__="slo:sli_error:ratio_rate5m"})'])
def test_a_recorded_series_is_known_by_its_colons(query: str) -> None:
    assert recorded(query) == "slo:sli_error:ratio_rate5m"
    assert recorded("sum(rate(errors_total[1m]))") == ""

"""The unit of a panel, from what its queries measure."""

from collections.abc import Callable

import pytest

from firebrigade.rules.contract import Contract
from firebrigade.rules.grafana import units
from firebrigade.rules.grafana.spec import Panel
from firebrigade.rules.promql.expressions import parse
from firebrigade.rules.promql.units import Units

MakePanel = Callable[..., Panel]


@pytest.mark.parametrize(
    ("expr", "fitting"),
    [
        pytest.param("neurectomy_active_users", ("short", "none"), id="a count"),
        pytest.param("ryot_gpu_memory_usage_bytes", ("bytes",), id="bytes"),
        pytest.param("sum(rate(sigmalang_original_size_bytes_sum[5m]))", ("Bps",), id="bytes per second"),
        pytest.param("sum(rate(neurectomy_http_requests_total[5m]))", ("reqps", "ops"), id="requests per second"),
        pytest.param("sum(rate(ryot_tokens_generated[5m]))", ("suffix: tokens/s", "ops"), id="others per second"),
        pytest.param("sum(increase(ryot_tokens_generated[1h]))", ("short", "none"), id="others in an hour"),
        pytest.param("sum(rate(ryot_inference_duration_seconds_count[5m]))", ("ops",), id="observations per second"),
        pytest.param("rate(container_cpu_usage_seconds_total[5m])", ("short", "none"), id="seconds per second"),
        pytest.param("agents_utilization_ratio", ("percentunit",), id="a share"),
        pytest.param("1 - agents_utilization_ratio", ("percentunit",), id="the rest of a share"),
        pytest.param("agents_health_status", None, id="a state is no amount"),
        pytest.param("count(agents_health_status == 2)", ("short", "none"), id="how many"),
        pytest.param("count(agents_health_status == 2) or vector(0)", ("short", "none"), id="how many, or none"),
        pytest.param(
            "histogram_quantile(0.9, sum by (le) (rate(ryot_inference_duration_seconds_bucket[5m])))",
            ("s",),
            id="a quantile",
        ),
        pytest.param(
            "rate(ryot_inference_duration_seconds_sum[5m]) / rate(ryot_inference_duration_seconds_count[5m])",
            ("s",),
            id="a mean",
        ),
        pytest.param(
            "sum(rate(agents_failures_total[5m])) / sum(rate(agents_failures_total[5m] offset 1w))",
            ("percentunit", "suffix: x"),
            id="of two that are alike",
        ),
        pytest.param(
            "max(clamp_max(ryot_gpu_memory_usage_bytes, 5) > 2)", ("bytes",), id="what only changes the value"
        ),
        pytest.param(
            "sum(neurectomy_active_users - neurectomy_active_users offset 1w)", ("short", "none"), id="a difference"
        ),
        pytest.param(
            "max_over_time(rate(neurectomy_http_requests_total[5m])[1h:1m])", ("reqps", "ops"), id="a subquery"
        ),
        pytest.param("neurectomy_cost_per_request / 100", None, id="a number changes it"),
        pytest.param("neurectomy_active_users > bool 5", None, id="a flag"),
        pytest.param("rate(ryot_tokens_generated[5m]) / ryot_gpu_memory_usage_bytes", None, id="things that differ"),
        pytest.param("neurectomy_active_users + ryot_gpu_memory_usage_bytes", None, id="a sum of things that differ"),
        pytest.param("time()", ("s",), id="no series"),
        pytest.param("nobody_knows", None, id="not in the contract"),
    ],
)
def test_the_unit_follows_from_what_is_measured(expr: str, fitting: tuple[str, ...] | None, metrics: Contract) -> None:
    measured = Units(metrics).of(parse(expr))
    assert (units.fitting(measured) if measured else None) == fitting


@pytest.mark.parametrize(
    ("said", "unit"),
    [
        pytest.param({}, "suffix: tokens/s", id="from the contract"),
        pytest.param({"unit": "ops"}, "ops", id="written"),
        pytest.param({"suffix": "words/s"}, "suffix: words/s", id="in words"),
    ],
)
def test_a_panel_s_own_unit_wins(said: dict[str, str], unit: str, panel: MakePanel, metrics: Contract) -> None:
    found = panel("sum(rate(ryot_tokens_generated[5m]))", **said)
    assert units.unit(found, metrics) == unit
    assert list(units.sentences(found, metrics)) == []


@pytest.mark.parametrize(
    ("expr", "said", "told"),
    [
        pytest.param("agents_utilization_ratio", {"unit": "none"}, "use percentunit", id="a share is not a number"),
        pytest.param("ryot_gpu_memory_usage_bytes", {"unit": "short"}, "use bytes", id="bytes are scaled"),
        pytest.param("ryot_gpu_memory_usage_bytes", {"suffix": "MB"}, "use bytes", id="words hide bytes"),
        pytest.param("max(agents_utilization_ratio)", {"unit": "s"}, "use percentunit", id="seconds"),
    ],
)
def test_a_unit_that_misleads_is_told(
    expr: str, said: dict[str, str], told: str, panel: MakePanel, metrics: Contract
) -> None:
    (sentence,) = units.sentences(panel(expr, **said), metrics)
    assert told in sentence


def test_states_are_shown_as_they_are(panel: MakePanel, metrics: Contract) -> None:
    states = [{"value": 2, "text": "failed", "color": "red"}]
    found = panel("max(agents_health_status)", kind="state-timeline", states=states)
    assert units.unit(found, metrics) == "none"
    assert list(units.sentences(found, metrics)) == []

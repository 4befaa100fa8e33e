"""Mistakes that load, run and never fire, each told by the metric contract."""

import pytest

from firebrigade.rules import lint
from firebrigade.rules.contract import Contract
from firebrigade.rules.promql import expressions

P95 = "histogram_quantile(0.95, sum by (le) (rate({}[5m])))"


@pytest.mark.parametrize(
    ("text", "part"),
    [
        pytest.param("neurectomy_agent_health_status == 2", "not in the metric contract", id="a metric nobody emits"),
        pytest.param('{job="x"} > 1', "name the metric", id="a selection by labels only"),
        pytest.param('up{pod_name="x"} == 0', "no label pod_name", id="a label that the series does not have"),
        pytest.param('circuit_state{state="open"} == 1', "never has", id="a value that the label never has"),
        pytest.param('ryot_inference_requests_total{status=~"5.."} > 1', "never has", id="a pattern of such values"),
        pytest.param(
            'sigmalang_compression_ratio_bucket{le="5"} > 1', "never has", id="a bucket as nobody writes it: 5 for 5.0"
        ),
        pytest.param(
            "sum by (pod_name) (up) == 0", "there is no pod_name", id="a grouping by a label that is not there"
        ),
        pytest.param("sum by (pod) (up) * on (service) up > 1", "there is no service", id="a match by a lost label"),
        pytest.param("rate(agents_health_status[5m]) > 0", "needs a counter", id="the rate of a gauge"),
        pytest.param("deriv(ryot_tokens_generated[5m]) > 0", "needs a gauge", id="the slope of a counter"),
        pytest.param(
            "histogram_quantile(0.95, sum(rate(ryot_inference_duration_seconds_bucket[5m]))) > 1",
            "keep le",
            id="a quantile without le",
        ),
        pytest.param(
            P95.format("ryot_inference_duration_seconds_bucket") + " > 30",
            "never above its largest bucket",
            id="a quantile above the largest bucket",
        ),
        pytest.param(
            'neurectomy_circuit_breaker_state{service="ryot"} == 1 and on (breaker) up',
            "there is no breaker",
            id="an on label that neither side has",
        ),
    ],
)
def test_a_mistake_is_told(text: str, part: str, contract: Contract) -> None:
    told = lint.sentences(expressions.parse(text), contract)
    assert any(part in sentence for sentence in told), told


@pytest.mark.parametrize(
    "text",
    [
        pytest.param("up == 0", id="a gauge compared"),
        pytest.param(
            P95.format("ryot_inference_duration_seconds_bucket") + " > 20", id="a quantile below the top bucket"
        ),
        pytest.param(
            'rate(sigmalang_compression_ratio_bucket{le="5.0"}[5m]) > 1', id="a bucket as the client writes it"
        ),
        pytest.param('rate(neurectomy_http_requests_total{status=~"5.."}[5m]) > 1', id="a label with any value"),
        pytest.param('kube_pod_status_phase{phase!="Running"} == 1', id="a value that is left out"),
        pytest.param(
            'neurectomy_circuit_breaker_state{exported_service="ryot"} == 1', id="an own label the target has too"
        ),
    ],
)
def test_what_is_right_is_not_complained_about(text: str, contract: Contract) -> None:
    assert lint.sentences(expressions.parse(text), contract) == ()


def test_each_complaint_is_made_once(contract: Contract) -> None:
    assert len(lint.sentences(expressions.parse("nope + nope + nope"), contract)) == 1

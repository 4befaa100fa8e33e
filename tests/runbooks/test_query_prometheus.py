"""query_prometheus: one question, compared with a threshold."""

import json
from collections.abc import Iterator
from datetime import UTC, datetime
from typing import Any

import pytest
from pydantic import ValidationError

from firebrigade.runbooks.actions.query_prometheus import QueryPrometheus, QueryPrometheusParams
from firebrigade.runbooks.clients import Clients
from firebrigade.runbooks.contract import PermanentActionError, TemporaryActionError
from firebrigade.runbooks.prometheus import PrometheusClient, PrometheusSettings
from firebrigade.runbooks.readings import Asked, Reading
from sandbox.http_server import Answer, HttpServer, Request

NOW = datetime(2026, 1, 5, 9, 0, tzinfo=UTC)


class Prometheus(HttpServer):
    """Says some values, each of its own series."""

    def __init__(self) -> None:
        super().__init__()
        self.values: list[str] = []
        self.status = 200
        self.label = "x"
        self.queries: list[str] = []

    def answer(self, request: Request) -> Answer:
        self.queries.append(request.form()["query"])
        if self.status != 200:
            return Answer(status=self.status, body={"status": "error", "error": "no"})
        result = [{"metric": {"pod": f"{self.label}{n}"}, "value": [1, value]} for n, value in enumerate(self.values)]
        return Answer(body={"status": "success", "data": {"resultType": "vector", "result": result}})


@pytest.fixture
def prometheus() -> Iterator[Prometheus]:
    with Prometheus() as prometheus:
        yield prometheus


def ask(prometheus: Prometheus, labels: dict[str, str] | None = None, **params: Any) -> Reading:
    action = QueryPrometheus.from_clients(
        Clients(prometheus=PrometheusClient(PrometheusSettings(url=prometheus.address)))
    )
    assert action is not None
    given = {"query": "up", "holds_if": "> 0.5", **params}
    return action.read(None, QueryPrometheusParams.model_validate(given), Asked(labels=labels or {}, now=NOW))


@pytest.mark.parametrize(
    ("values", "params", "result"),
    [
        (["0.6"], {}, "holds"),
        (["0.5"], {}, "does_not_hold"),
        (["0.5"], {"holds_if": ">=0.5"}, "holds"),
        (["1", "0"], {}, "does_not_hold"),
        (["1", "0"], {"of": "any"}, "holds"),
        (["0", "0"], {"of": "any"}, "does_not_hold"),
        (["+Inf"], {"holds_if": "> 1e9"}, "holds"),
        (["-3"], {"holds_if": "< -2.5"}, "holds"),
        (["0"], {"holds_if": "== 0"}, "holds"),
        (["0"], {"holds_if": "!= 0"}, "does_not_hold"),
        ([], {}, "no_data"),
        (["NaN"], {"holds_if": "!= 1"}, "no_data"),
        (["NaN", "1"], {}, "holds"),
    ],
)
def test_the_values_are_compared_with_the_threshold(
    prometheus: Prometheus, values: list[str], params: Any, result: str
) -> None:
    prometheus.values = values
    found = ask(prometheus, **params)
    assert found.result == result
    assert json.loads(json.dumps(found.evidence)) == found.evidence


def test_people_read_the_value_and_the_condition(prometheus: Prometheus) -> None:
    prometheus.values = ["0.25"]
    assert ask(prometheus).summary == "0.25 is > 0.5: no."
    prometheus.values = ["1", "2", "3", "0"]
    assert ask(prometheus, of="any").summary == "1, 2, 3, … are > 0.5 for 3 of 4 series."


def test_the_alert_s_labels_are_put_into_matchers_and_escaped(prometheus: Prometheus) -> None:
    ask(prometheus, {"service": 'a"} or vector(1) or x{b="'}, query='up{service="$service"}')
    assert prometheus.queries == ['up{service="a\\"} or vector(1) or x{b=\\""}']


def test_a_label_that_the_alert_does_not_carry_is_said(prometheus: Prometheus) -> None:
    with pytest.raises(PermanentActionError, match="no label service"):
        ask(prometheus, query='up{service="$service"}')
    assert prometheus.queries == []


@pytest.mark.parametrize(("status", "error"), [(503, TemporaryActionError), (400, PermanentActionError)])
def test_no_answer_is_an_error_and_never_a_result(prometheus: Prometheus, status: int, error: type[Exception]) -> None:
    prometheus.status = status
    with pytest.raises(error):
        ask(prometheus)


def test_thousands_of_series_fit_the_timeline(prometheus: Prometheus) -> None:
    prometheus.values, prometheus.label = ["1"] * 3000, "é" * 2000
    found = ask(prometheus)
    assert found.evidence["series"] == 3000
    assert len(json.dumps(found.evidence)) < 8000


@pytest.mark.parametrize(
    "params",
    [
        {"query": "up{", "holds_if": "> 1"},
        {"query": "up[5m]", "holds_if": "> 1"},
        {"query": 'label_replace(up, "a", "$b", "c", "d")', "holds_if": "> 1"},
        {"query": "up", "holds_if": "1"},
        {"query": "up", "holds_if": "> one"},
        {"query": "up", "holds_if": "> 1", "of": "some"},
        {"query": "up"},
    ],
)
def test_a_question_that_can_t_be_asked_is_refused_when_it_is_loaded(params: dict[str, str]) -> None:
    with pytest.raises(ValidationError):
        QueryPrometheusParams.model_validate(params)


def test_a_comparison_that_drops_series_is_allowed_here() -> None:
    assert QueryPrometheusParams.model_validate({"query": "up == 0", "holds_if": "== 0"}).of == "all"

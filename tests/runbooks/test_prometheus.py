"""Prometheus' answers: the wire, and what they say about health."""

import json
from collections.abc import Iterator
from typing import Any

import pytest
from pydantic import SecretStr

from firebrigade.runbooks.contract import Health, PermanentActionError, TemporaryActionError
from firebrigade.runbooks.prometheus import PrometheusClient, PrometheusSettings, QueryResult, Sample, verdict_of
from sandbox.http_server import Answer, HttpServer, Request


class Scripted(HttpServer):
    """Answers every query as it was told, in the words of the real one."""

    def __init__(self) -> None:
        super().__init__()
        self.says = Answer()
        self.asked: list[Request] = []

    def answer(self, request: Request) -> Answer:
        self.asked.append(request)
        return self.says

    def vector(self, *values: str, **more: Any) -> None:
        """Say one sample for each value."""
        result = [{"metric": {"pod": str(n)}, "value": [1767603600, value]} for n, value in enumerate(values)]
        data = {"resultType": "vector", "result": result}
        self.says = Answer(body={"status": "success", "data": data, **more})

    def error(self, status: int, kind: str, text: str, **headers: str) -> None:
        """Say an error."""
        self.says = Answer(status=status, body={"status": "error", "errorType": kind, "error": text}, headers=headers)


@pytest.fixture
def server() -> Iterator[Scripted]:
    with Scripted() as server:
        yield server


@pytest.fixture
def client(server: Scripted) -> PrometheusClient:
    return PrometheusClient(PrometheusSettings(url=server.address, timeout_seconds=0.2))


def test_a_query_is_posted_with_its_time_out(server: Scripted, client: PrometheusClient) -> None:
    server.vector("1")
    result = client.query('up{job="a b&c=+"}')
    assert result == QueryResult(samples=(Sample(labels={"pod": "0"}, value=1.0),), evaluated_at=1767603600)
    (request,) = server.asked
    assert (request.method, request.path) == ("POST", "/api/v1/query")
    assert request.form() == {"query": 'up{job="a b&c=+"}', "timeout": "0.2s"}


def test_a_query_can_be_asked_for_another_moment(server: Scripted, client: PrometheusClient) -> None:
    server.vector("1")
    client.query("up", at=1767603512.25)
    assert server.asked[0].form()["time"] == "1767603512.250"


def test_an_answer_says_when_it_was_evaluated_by_prometheus_clock(server: Scripted, client: PrometheusClient) -> None:
    server.says = Answer(body={"status": "success", "data": {"resultType": "scalar", "result": [1.5, "0"]}})
    assert client.query("0").evaluated_at == 1.5
    server.vector()
    assert client.query("up").evaluated_at is None


def test_a_scalar_is_one_sample(server: Scripted, client: PrometheusClient) -> None:
    server.says = Answer(body={"status": "success", "data": {"resultType": "scalar", "result": [1, "0"]}})
    assert client.query("0").samples == (Sample(labels={}, value=0.0),)


def test_warnings_are_kept(server: Scripted, client: PrometheusClient) -> None:
    server.vector("1", warnings=["a store did not answer"])
    result = client.query("up")
    assert result.warnings == ("a store did not answer",)
    assert verdict_of(result).evidence["warnings"] == ["a store did not answer"]


@pytest.mark.parametrize(
    ("values", "health"),
    [
        ((), Health.WAITING),
        (("1",), Health.HEALTHY),
        (("1", "2.5", "+Inf"), Health.HEALTHY),
        (("0",), Health.WAITING),
        (("1", "0"), Health.WAITING),
        (("-0",), Health.WAITING),
        (("NaN",), Health.WAITING),
    ],
)
def test_healthy_is_at_least_one_sample_and_all_true(
    server: Scripted, client: PrometheusClient, values: tuple[str, ...], health: Health
) -> None:
    server.vector(*values)
    verdict = verdict_of(client.query("up"))
    assert verdict.health is health
    json.dumps(dict(verdict.evidence), allow_nan=False)


def test_the_evidence_is_short_and_shows_what_is_false_first() -> None:
    samples = [Sample(labels={"pod": str(number)}, value=1.0) for number in range(1000)]
    verdict = verdict_of(QueryResult(samples=(*samples, Sample(labels={"pod": "bad"}, value=0.0))))
    assert len(verdict.evidence["samples"]) == 20
    assert verdict.evidence["samples"][0] == {"labels": {"pod": "bad"}, "value": "0.0"}
    assert verdict.evidence["samples_in_all"] == 1001


@pytest.mark.parametrize(
    ("status", "kind", "error"),
    [
        (400, "bad_data", PermanentActionError),
        (422, "execution", PermanentActionError),
        (401, "", PermanentActionError),
        (404, "", PermanentActionError),
        (302, "", PermanentActionError),
        (429, "", TemporaryActionError),
        (500, "internal", TemporaryActionError),
        (503, "timeout", TemporaryActionError),
        (200, "", TemporaryActionError),
    ],
)
def test_an_error_is_mapped_and_told(
    server: Scripted, client: PrometheusClient, status: int, kind: str, error: type[Exception]
) -> None:
    server.error(status, kind, "parse\nerror")
    with pytest.raises(error, match="parse error"):
        client.query("up")


def test_what_prometheus_asks_to_wait_is_passed_on(server: Scripted, client: PrometheusClient) -> None:
    server.error(503, "unavailable", "starting", **{"Retry-After": "4"})
    with pytest.raises(TemporaryActionError) as raised:
        client.query("up")
    assert raised.value.retry_after_seconds == 4


@pytest.mark.parametrize("answer", ["hang-before", "drop-before"])
def test_no_answer_is_asked_for_again(server: Scripted, client: PrometheusClient, answer: str) -> None:
    server.faults.add(answer)
    with pytest.raises(TemporaryActionError, match="did not answer"):
        client.query("up")


@pytest.mark.parametrize(
    "body",
    [
        "<html>hello</html>",
        [],
        {"status": "success"},
        {"status": "success", "data": {"resultType": "vector", "result": [{}]}},
        {"status": "success", "data": {"resultType": "vector", "result": [{"metric": {}, "value": [1, "x"]}]}},
    ],
)
def test_something_else_at_the_address_is_not_believed(server: Scripted, client: PrometheusClient, body: Any) -> None:
    server.says = Answer(body=body)
    with pytest.raises(TemporaryActionError):
        client.query("up")


def test_a_range_is_refused(server: Scripted, client: PrometheusClient) -> None:
    server.says = Answer(body={"status": "success", "data": {"resultType": "matrix", "result": []}})
    with pytest.raises(PermanentActionError, match="returns a matrix"):
        client.query("up[5m]")


def test_the_token_is_sent_and_never_shown(server: Scripted) -> None:
    settings = PrometheusSettings(url=server.address + "/", token=SecretStr("hunter2"))
    server.error(401, "", "no")
    with pytest.raises(PermanentActionError) as raised:
        PrometheusClient(settings).query("up")
    assert server.asked[0].headers["authorization"] == "Bearer hunter2"
    assert "hunter2" not in f"{raised.value!r} {settings!r}"

"""Whatever answers instead of Prometheus becomes one clear sentence, without the token in it."""

import socket
from collections.abc import Callable, Iterator
from typing import Any

import pytest
from pydantic import SecretStr

from firebrigade.rules.live.client import Client, QueryRefusedError, Server
from firebrigade.rules.problems import RulesError
from sandbox.http_server import Answer, HttpServer, Request

TOKEN = "planted-t0ken-4711"


class Impostor(HttpServer):
    """Answers every request as it was told."""

    def __init__(self) -> None:
        super().__init__()
        self.says = Answer()
        self.asked: list[Request] = []

    def answer(self, request: Request) -> Answer:
        self.asked.append(request)
        return self.says


@pytest.fixture
def impostor() -> Iterator[Impostor]:
    with Impostor() as server:
        yield server


@pytest.fixture
def client(impostor: Impostor) -> Iterator[Client]:
    server = Server(url=impostor.address, token=SecretStr(TOKEN), timeout_seconds=0.3)
    with Client(server) as client:
        yield client


def error(kind: str, text: str) -> dict[str, str]:
    return {"status": "error", "errorType": kind, "error": text}


def success(kind: str, result: Any) -> dict[str, Any]:
    return {"status": "success", "data": {"resultType": kind, "result": result}}


def sentence(ask: Callable[[], object]) -> str:
    with pytest.raises(RulesError) as caught:
        ask()
    (problem,) = caught.value.problems
    assert problem.check == "live/server"
    assert TOKEN not in str(problem)
    return problem.message


@pytest.mark.parametrize(
    ("answer", "said"),
    [
        pytest.param(Answer(status=401, body=error("unauthorized", "")), "refuses us (401); check the token", id="401"),
        pytest.param(Answer(status=403, body=f"you are not {TOKEN}"), "refuses us (403); check the token", id="403"),
        pytest.param(Answer(status=503, body="Service Unavailable"), "is not ready to answer (503)", id="503"),
        pytest.param(Answer(status=502, body="<html>Bad Gateway</html>"), "is not ready to answer (502)", id="a proxy"),
        pytest.param(
            Answer(body="<!doctype html><title>Grafana</title>"),
            "does not speak Prometheus' API (status 200, '<!doctype html><title>Grafana</title>')",
            id="HTML",
        ),
        pytest.param(Answer(status=404, body="404 page not found"), "(status 404, '404 page not found')", id="404"),
        pytest.param(Answer(status=500, body=f"token {TOKEN}"), "(status 500, 'token ...')", id="what it was sent"),
        pytest.param(Answer(body="{"), "does not speak Prometheus' API", id="half of a JSON"),
        pytest.param(Answer(body=[1, 2]), "does not speak Prometheus' API", id="another JSON"),
        pytest.param(Answer(body=success("scalar", [])), "does not speak Prometheus' API", id="an empty scalar"),
        pytest.param(Answer(body=success("scalar", [0, "NaN"])), "does not speak Prometheus' API", id="no time at all"),
        pytest.param(Answer(status=302, headers={"Location": "/login"}), "sends us elsewhere", id="a login"),
    ],
)
def test_an_impostor_is_told(answer: Answer, said: str, impostor: Impostor, client: Client) -> None:
    impostor.says = answer
    assert said in sentence(client.now)
    assert len(impostor.asked) == 1, "and asked once"


def test_without_a_token_it_is_said_how_to_give_one(impostor: Impostor) -> None:
    impostor.says = Answer(status=401, body="")
    with Client(Server(url=impostor.address)) as client:
        assert sentence(client.now).endswith("refuses us (401); give a token by --prometheus-token-file")


def test_a_server_that_is_not_there_is_told() -> None:
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))  # bound and not listening: nobody else can
        with Client(Server(url=f"http://127.0.0.1:{taken.getsockname()[1]}")) as client:
            assert "can't be reached (refuses the connection); check --prometheus" in sentence(client.now)


def test_a_server_that_says_nothing_is_given_up(impostor: Impostor, client: Client) -> None:
    impostor.faults.add("hang-before")
    assert "did not answer within 0.3 seconds" in sentence(client.now)


def test_a_server_that_hangs_up_is_told(impostor: Impostor, client: Client) -> None:
    impostor.faults.add("drop-before")
    assert "can't be reached (ConnectionError)" in sentence(client.now)


def test_a_password_in_the_address_is_not_told() -> None:
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        with Client(Server(url=f"http://me:hidden@127.0.0.1:{taken.getsockname()[1]}")) as client:
            assert "hidden" not in sentence(client.now)


@pytest.mark.parametrize(
    ("status", "kind"),
    [(422, "execution"), (400, "bad_data"), (503, "timeout")],
)
def test_a_query_that_is_refused_is_no_trouble_of_the_server(
    status: int, kind: str, impostor: Impostor, client: Client
) -> None:
    impostor.says = Answer(status=status, body=error(kind, f"too\nmuch for {TOKEN}"))
    with pytest.raises(QueryRefusedError, match=r"^too much for \.\.\.$"):
        client.query("up")


@pytest.mark.parametrize(
    "result",
    [
        pytest.param([{"metric": {}, "values": "x"}], id="values that are none"),
        pytest.param([{"values": []}], id="no labels"),
        pytest.param([{"metric": [], "values": []}], id="a list of labels"),
        pytest.param([{"metric": {}, "values": [[0, "one"]]}], id="a number that is none"),
        pytest.param({}, id="no list", marks=()),
    ],
)
def test_garbage_in_a_matrix_is_told(result: Any, impostor: Impostor, client: Client) -> None:
    impostor.says = Answer(body=success("matrix", result))
    if result == {}:
        assert client.query_range("up", 0, 60, 60) == []
    else:
        assert "does not speak Prometheus' API" in sentence(lambda: client.query_range("up", 0, 60, 60))


def test_a_query_is_posted_with_the_token_and_a_time_out(impostor: Impostor, client: Client) -> None:
    impostor.says = Answer(body=success("vector", [{"metric": {"__name__": "up", "a": "b"}, "value": [7, "1"]}]))
    (stream,) = client.query("up")
    assert (stream.labels, stream.times, stream.values) == ({"a": "b"}, [7.0], [1.0])
    (request,) = impostor.asked
    assert (request.method, request.path) == ("POST", "/api/v1/query")
    assert request.headers["authorization"] == f"Bearer {TOKEN}"
    assert request.form() == {"query": "up", "timeout": "0.3s"}

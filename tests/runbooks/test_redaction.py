"""A server that repeats what it refuses: the clients' credentials stay out of their errors."""

import base64
import json
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any
from urllib.parse import quote

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import SecretStr

from firebrigade.runbooks.contract import ActionError
from firebrigade.runbooks.kube import KubernetesSettings, connect
from firebrigade.runbooks.prometheus import PrometheusClient, PrometheusSettings
from firebrigade.runbooks.redaction import redact, redact_foreign
from firebrigade.runbooks.supervisor import SupervisorClient, SupervisorSettings
from sandbox.http_server import Answer, HttpServer, Request

TOKEN = "planted+token/1="
PASSWORD = 'planted "password"'


class Echo(HttpServer):
    """Refuses everything, in words that hold the credentials and are cut in their middle by any limit."""

    status = 401

    def answer(self, request: Request) -> Answer:
        said = f"{'x' * 280} {request.headers['authorization']}"
        return Answer(status=self.status, body={"error": said, "message": said})


@pytest.fixture
def echo() -> Iterator[Echo]:
    with Echo() as echo:
        yield echo


def _kubernetes(user: dict[str, str]) -> Callable[[str, Path], Any]:
    def ask(url: str, folder: Path) -> Any:
        path = folder / "kubeconfig"
        config = {
            "clusters": [{"name": "c", "cluster": {"server": url}}],
            "users": [{"name": "u", "user": user}],
            "contexts": [{"name": "x", "context": {"cluster": "c", "user": "u"}}],
            "current-context": "x",
        }
        path.write_text(json.dumps(config))
        return connect(KubernetesSettings(kubeconfig=str(path))).read_pod("shop", "checkout-1")

    return ask


def _prometheus(url: str, _folder: Path) -> Any:
    return PrometheusClient(PrometheusSettings(url=url, token=SecretStr(TOKEN))).query("up")


def _supervisor(url: str, _folder: Path) -> Any:
    return SupervisorClient(SupervisorSettings(url=url, token=SecretStr(TOKEN))).agent("agent-07")


@pytest.mark.parametrize("status", [401, 403, 409, 500])
@pytest.mark.parametrize(
    "ask",
    [
        pytest.param(_kubernetes({"token": TOKEN}), id="Kubernetes by a token"),
        pytest.param(_kubernetes({"username": "me", "password": PASSWORD}), id="Kubernetes by a password"),
        pytest.param(_prometheus, id="Prometheus"),
        pytest.param(_supervisor, id="the supervisor"),
    ],
)
def test_what_a_server_repeats_is_not_told(
    echo: Echo, tmp_path: Path, ask: Callable[[str, Path], Any], status: int
) -> None:
    echo.status = status
    with pytest.raises(ActionError) as raised:
        ask(echo.address, tmp_path)
    assert f"answered {status}" in str(raised.value)
    assert "plant" not in str(raised.value)
    assert base64.b64encode(PASSWORD.encode()).decode()[4:12] not in str(raised.value)


@given(st.text(max_size=6), st.text(max_size=6))
def test_a_secret_is_removed_from_base64_whatever_stands_beside_it(before: str, after: str) -> None:
    encoded = base64.b64encode(f"{before}:{PASSWORD}{after}".encode(errors="replace")).decode()
    assert "[secret]" in redact(encoded, [PASSWORD])


@pytest.mark.parametrize("written", [quote(TOKEN, safe=""), json.dumps(PASSWORD), TOKEN])
def test_a_secret_is_removed_however_it_is_written(written: str) -> None:
    assert "[secret]" in redact(f"<{written}>", [TOKEN, PASSWORD])


def test_a_text_without_a_secret_stays_as_it_is() -> None:
    assert redact("pods checkout-1 is forbidden", [TOKEN, "", "abc"]) == "pods checkout-1 is forbidden"


@pytest.mark.parametrize(
    ("line", "kept"),
    [
        ("connecting to postgres://me:hunter2@db/x", "connecting to postgres://[secret]db/x"),
        ("password=hunter2 user=x", "password=[secret] user=x"),
        ('{"api_key": "hunter2 and more", "x": 1}', '{"api_key": [secret], "x": 1}'),
        ("DB_PASSWORD: 'hunter2 x'", "DB_PASSWORD: [secret]"),
        ("Authorization: Token hunter2", "Authorization: [secret]"),
        ("sent Bearer hunter2hunter2", "sent Bearer [secret]"),
        ("jwt eyJhbGciOiJIUzI1.eyJzdWIiOiIxMjM0.hunter2", "jwt [secret]"),
        ("key AKIAABCDEFGHIJKLMNOP was used", "key [secret] was used"),
        ("550 tokens used, passwords are checked", "550 tokens used, passwords are checked"),
        ("GET /healthz 200", "GET /healthz 200"),
    ],
)
def test_what_looks_like_a_credential_is_taken_out_of_a_log(line: str, kept: str) -> None:
    assert redact_foreign([line]) == [kept]


def test_a_private_key_is_taken_out_of_a_log_line_by_line() -> None:
    lines = ["before", "-----BEGIN RSA PRIVATE KEY-----", "MIIhunter2", "-----END RSA PRIVATE KEY-----", "after"]
    assert redact_foreign(lines) == ["before", *["[secret]"] * 3, "after"]


def test_of_a_private_key_whose_begin_is_cut_off_nothing_is_left() -> None:
    ends, begins = "-----END PRIVATE KEY-----", "-----BEGIN PRIVATE KEY-----"
    lines = ["MIIhunter2", "hunter2==", ends, "between", begins, "MIIhunter2", ends, "hunter2==", ends, "after"]
    kept = redact_foreign(lines)
    assert not any("hunter2" in line for line in kept)
    assert (kept[3], kept[-1]) == ("between", "after")

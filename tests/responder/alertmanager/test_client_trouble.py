"""The client where the other side is rude, slow or picky: servers with one answer, and the real one behind TLS."""

import ipaddress
import json
import socket
import threading
from base64 import b64encode
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from http.server import BaseHTTPRequestHandler, HTTPServer
from pathlib import Path
from typing import Any
from urllib.parse import quote

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID
from pydantic import SecretStr
from urllib3.exceptions import InsecureRequestWarning

from firebrigade.responder.alertmanager import Alertmanager, AlertmanagerSettings
from firebrigade.responder.errors import AlertmanagerError

SECRET = "hunter2-größe"
BCRYPT_OF_SECRET = "$2b$04$abcdefghijklmnopqrstuuUU8.8fmTzYAEoISaeHiGKDvNkIe/Nny"


@contextmanager
def answering(status: int, body: bytes, **headers: str) -> Iterator[tuple[str, list[Any]]]:
    """Serve the same answer to every request, and keep the requests' lines and headers."""
    seen: list[Any] = []

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            seen.append((self.path, self.headers))
            self.send_response(status)
            for name, value in headers.items():
                self.send_header(name, value)
            self.send_header("Content-Length", str(len(body)))
            self.end_headers()
            self.wfile.write(body)

        do_POST = do_DELETE = do_GET  # noqa: N815 (the names that http.server calls)

        def log_message(self, *arguments: Any) -> None:
            pass

    with HTTPServer(("127.0.0.1", 0), Handler) as server:
        thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01})
        thread.start()
        try:
            yield f"http://127.0.0.1:{server.server_port}", seen
        finally:
            server.shutdown()
            thread.join()


def client(url: str, **settings: Any) -> Alertmanager:
    return Alertmanager(AlertmanagerSettings(url=url, **settings))


ANSWERS = {
    "500 may be better later": (500, b'"boom"', True, "answered 500: boom"),
    "503 without a body may be better later": (503, b"", True, "answered 503: Service Unavailable"),
    "429 may be better later": (429, b"{}", True, "answered 429: Too Many Requests"),
    "400 is for good": (400, b'"bad matcher format"', False, "answered 400: bad matcher format"),
    "401 is for good": (401, b"Unauthorized", False, "answered 401: Unauthorized"),
    "422 is for good, in its words": (422, b'{"code":601,"message":"no uuid"}', False, "answered 422: no uuid"),
    "a redirect is not followed": (302, b"", False, "answered 302: Found"),
    "html instead of json": (200, b"<html>", True, "is not Alertmanager's API v2"),
    "json of another kind": (200, b'{"a": [1]}', True, "is not Alertmanager's API v2"),
    "a list of something else": (200, b'[{"fingerprint": 1}]', True, "is not Alertmanager's API v2"),
    "a long message is cut": (400, b'"' + b"x" * 5000 + b'"', False, "answered 400: x{300}$"),
}


@pytest.mark.parametrize(("status", "body", "temporary", "sentence"), ANSWERS.values(), ids=ANSWERS)
def test_an_answer_that_is_none_becomes_one_error(status: int, body: bytes, temporary: bool, sentence: str) -> None:
    with answering(status, body, Location="http://127.0.0.1:9/") as (url, seen):
        with pytest.raises(AlertmanagerError, match=sentence) as refusal:
            client(url, username="u", password=SecretStr(SECRET)).alerts()
        assert refusal.value.temporary is temporary
        assert SECRET not in repr(refusal.value)
        assert len(seen) == 1


@pytest.mark.parametrize("spelled", [SECRET, quote(SECRET), b64encode(f"u:{SECRET}".encode()).decode()])
def test_credentials_that_a_proxy_repeats_are_not_told(spelled: str) -> None:
    with answering(401, json.dumps({"message": f"{'x' * 290} {spelled}"}).encode()) as (url, _):
        with pytest.raises(AlertmanagerError, match="answered 401") as refusal:
            client(url, username="u", password=SecretStr(SECRET)).alerts()
        assert spelled[:8] not in str(refusal.value)


def test_the_path_before_the_api_is_kept() -> None:
    with answering(200, b"[]") as (url, seen):
        assert client(f"{url}/monitoring/am/").alerts() == ()
    assert seen[0][0].startswith("/monitoring/am/api/v2/alerts?active=true&silenced=true&inhibited=true")


CREDENTIALS = {
    "a bearer token": ({"bearer_token": SecretStr("t0ken")}, "Bearer t0ken"),
    "a user's name and password": ({"username": "u", "password": SecretStr("größe")}, "Basic dTpncsO2w59l"),
    "nothing": ({}, None),
}


@pytest.mark.parametrize(("settings", "header"), CREDENTIALS.values(), ids=CREDENTIALS)
def test_only_the_credentials_that_are_set_are_sent(
    settings: dict[str, Any], header: str | None, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "netrc").write_text("default login a password b\n")
    monkeypatch.setenv("NETRC", str(tmp_path / "netrc"))
    with answering(200, b"[]") as (url, seen):
        client(url, **settings).alerts()
    assert seen[0][1]["Authorization"] == header


def test_a_server_that_never_answers_costs_the_timeout() -> None:
    with socket.create_server(("127.0.0.1", 0)) as silent:
        url = f"http://127.0.0.1:{silent.getsockname()[1]}"
        with pytest.raises(AlertmanagerError, match=r"did not answer within 0\.2 s") as refusal:
            client(url, timeout_seconds=0.2).alerts()
    assert refusal.value.temporary


def test_a_server_that_is_not_there_is_asked_again_later() -> None:
    with socket.create_server(("127.0.0.1", 0)) as gone:
        port = gone.getsockname()[1]
    with pytest.raises(AlertmanagerError, match="can't be reached") as refusal:
        client(f"http://127.0.0.1:{port}").alerts()
    assert refusal.value.temporary


def test_no_secret_is_in_a_representation() -> None:
    assert SECRET not in repr(AlertmanagerSettings(url="http://h", username="u", password=SecretStr(SECRET)))


WRONG = {
    "credentials in the address": ({"url": f"http://u:{SECRET}@h"}, "must not hold credentials"),
    "another scheme": ({"url": "ftp://h"}, "not an http or https address"),
    "no host": ({"url": "http://"}, "not an http or https address"),
    "a query": ({"url": "http://h/?a=b"}, "not an http or https address"),
    "two kinds of authentication": ({"url": "http://h", "username": "u", "bearer_token": SecretStr("t")}, "remove one"),
    "a token with a line feed": ({"url": "http://h", "bearer_token": SecretStr(SECRET + "\n")}, "no header can"),
}


@pytest.mark.parametrize(("settings", "sentence"), WRONG.values(), ids=WRONG)
def test_wrong_settings_are_refused_without_telling_secrets(settings: dict[str, Any], sentence: str) -> None:
    with pytest.raises(ValueError, match=sentence) as refusal:
        AlertmanagerSettings(**settings)
    assert SECRET not in str(refusal.value)


@pytest.fixture
def web_config(tmp_path: Path) -> Path:
    """Write what makes Alertmanager want TLS and a password, with the certificate beside it."""
    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "alertmanager")])
    today = datetime.now(UTC)
    certificate = (
        x509.CertificateBuilder()
        .subject_name(name)
        .issuer_name(name)
        .public_key(key.public_key())
        .serial_number(1)
        .not_valid_before(today - timedelta(days=1))
        .not_valid_after(today + timedelta(days=1))
        .add_extension(x509.SubjectAlternativeName([x509.IPAddress(ipaddress.ip_address("127.0.0.1"))]), critical=False)
        .add_extension(x509.BasicConstraints(ca=True, path_length=0), critical=True)
        .sign(key, hashes.SHA256())
    )
    no_password = serialization.NoEncryption()
    pem = serialization.Encoding.PEM
    (tmp_path / "key.pem").write_bytes(key.private_bytes(pem, serialization.PrivateFormat.PKCS8, no_password))
    (tmp_path / "cert.pem").write_bytes(certificate.public_bytes(pem))
    web = tmp_path / "web.yml"
    web.write_text(
        "tls_server_config: {cert_file: cert.pem, key_file: key.pem}\n"
        f"basic_auth_users: {{firebrigade: '{BCRYPT_OF_SECRET}'}}\n"
    )
    return web


def test_the_real_one_is_reached_by_tls_with_a_password_below_a_path(
    web_config: Path, start_alertmanager: Callable[..., Any], tmp_path: Path
) -> None:
    let_in = {"username": "firebrigade", "password": SecretStr(SECRET)}
    trusted = {"ca_file": str(web_config.parent / "cert.pem")}
    with start_alertmanager(tmp_path, f"--web.config.file={web_config}", scheme="https", prefix="am") as server:
        assert client(server.url, **let_in, **trusted).status().version
        with pytest.warns(InsecureRequestWarning):
            assert client(server.url, **let_in, verify_tls=False).alerts() == ()
        with pytest.raises(AlertmanagerError, match="answered 401") as refusal:
            client(server.url, **trusted).alerts()
        assert not refusal.value.temporary
        with pytest.raises(AlertmanagerError, match="no certificate that is trusted") as refusal:
            client(server.url, **let_in).alerts()
        assert not refusal.value.temporary

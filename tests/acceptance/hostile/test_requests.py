"""Hostile requests: strangers, huge and broken bodies, slow ones, and fields that people choose."""

import json
import socket
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack
from typing import Any

import pytest
import requests

pytestmark = [pytest.mark.acceptance, pytest.mark.xdist_group("hostile")]

WEBHOOK = "/api/v1/webhook/alertmanager"
LABELS = {"alertname": "ServiceDown", "severity": "critical", "service": "ryot"}


@pytest.mark.parametrize(
    ("method", "path"),
    [
        ("POST", WEBHOOK),
        ("POST", f"{WEBHOOK}/"),
        ("GET", "/api/v1/incidents"),
        ("GET", "/api/v1/incidents/1"),
        ("POST", "/api/v1/incidents/1/acknowledge"),
        ("POST", "/api/v1/incidents/1/resolve"),
        ("GET", "/api/v1/automation"),
        ("POST", "/api/v1/automation"),
        ("GET", "/api/v1/dead-letters"),
    ],
)
@pytest.mark.parametrize(
    "authorization", [None, "Bearer ", "Bearer wrong", "Basic Og==", "Basic =", "Bearer \xff", "x" * 5000]
)
def test_a_stranger_gets_in_nowhere(scene: Any, method: str, path: str, authorization: str | None) -> None:
    headers = {} if authorization is None else {"Authorization": authorization.encode("latin-1")}
    answer = requests.request(method, scene.serve.url + path, headers=headers, json={}, timeout=20)
    assert answer.status_code == 401
    assert "Bearer" in answer.headers["WWW-Authenticate"]


BIG = 11 * 1024 * 1024


@pytest.mark.parametrize(
    ("request_bytes", "status"),
    [
        pytest.param(b"Content-Length: %d\r\n\r\n" % BIG, b"413", id="a length above the limit"),
        pytest.param(b"Content-Length: -1\r\n\r\n", b"400", id="a negative length"),
        pytest.param(b"Content-Length: 3\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n", b"400", id="two lengths"),
        pytest.param(b"Transfer-Encoding: chunked\r\n\r\nzz\r\n", b"400", id="a chunk of no size"),
        pytest.param(b"X: y\r\n" * 2000 + b"\r\n", b"431", id="too many headers"),
        pytest.param(b"X: " + b"y" * 100_000 + b"\r\n\r\n", b"431", id="too long a header"),
    ],
)
def test_a_broken_request_is_refused_and_the_connection_ended(scene: Any, request_bytes: bytes, status: bytes) -> None:
    token = scene.headers["Authorization"].encode()
    head = b"POST %s HTTP/1.1\r\nHost: x\r\nContent-Type: application/json\r\nAuthorization: %s\r\n"
    with socket.create_connection(("127.0.0.1", scene.serve.port), timeout=20) as connection:
        connection.sendall(head % (WEBHOOK.encode(), token) + request_bytes)
        answer = connection.recv(100)
    assert answer.split(b" ")[1] in {status, b"400"}


def test_a_chunked_body_counts_against_the_limit(scene: Any) -> None:
    chunks = (b" " * 1024 * 1024 for _ in range(12))
    headers = {**scene.headers, "Content-Type": "application/json"}
    try:
        answer = requests.post(scene.serve.url + WEBHOOK, data=chunks, headers=headers, timeout=30)
    except requests.ConnectionError:
        return  # it ended the connection before everything was sent
    assert answer.status_code == 413


def test_slow_strangers_keep_nobody_out(scene: Any) -> None:
    """Sixteen requests are read at once, so slow ones delay others, but only as long as a request may take."""
    with ExitStack() as stack:
        for number in range(16):
            connection = stack.enter_context(socket.create_connection(("127.0.0.1", scene.serve.port), timeout=20))
            connection.sendall((b"P", b"POST / HTTP/1.1\r\nHost: x\r\nX: ")[number % 2])
        assert scene.open(LABELS) > 0


@pytest.mark.parametrize("what", ["labels", "annotations"])
def test_what_is_too_much_is_kept_as_a_dead_letter(scene: Any, what: str) -> None:
    many = {f"label_{number}": "x" for number in range(500)}
    alert = scene.alert({**LABELS, **(many if what == "labels" else {})}, many if what == "annotations" else {})
    answer = scene.post(alert)
    assert (answer.status_code, answer.json()) == (202, {"incidents": []})
    letter = scene.get("/api/v1/dead-letters?limit=1")["dead_letters"][0]
    assert f"more than 256 {what}" in letter["error"]
    assert "label_499" in letter["body"]


def test_a_label_of_100_kilobytes_is_a_dead_letter_and_such_an_annotation_is_cut(
    scene: Any, wait: Callable[..., None]
) -> None:
    assert scene.post(scene.alert({**LABELS, "long": "x" * 100_000})).json() == {"incidents": []}
    incident = scene.open(LABELS, {"summary": "y" * 100_000})
    wait(lambda: scene.told(incident), lambda: str(scene.get(f"/api/v1/incidents/{incident}")["deliveries"]))


def test_2000_alerts_in_one_group_are_one_incident_and_one_page(scene: Any, wait: Callable[..., None]) -> None:
    alerts = [scene.alert({**LABELS, "n": str(number)}, {f"a{number}": "x"}) for number in range(2000)]
    answer = scene.post(*alerts, groupKey="{}:many")
    (incident,) = answer.json()["incidents"]
    wait(lambda: scene.told(incident), lambda: "nobody was told")
    assert len(scene.get(f"/api/v1/incidents/{incident}")["alerts"]) == 2000
    ended = [{**one, "status": "resolved", "endsAt": one["startsAt"]} for one in alerts]
    assert scene.post(*ended, groupKey="{}:many", status="resolved").json() == {"incidents": [incident]}
    assert scene.get(f"/api/v1/incidents/{incident}")["incident"]["status"] == "resolved"


def test_a_replayed_request_opens_nothing_new(scene: Any) -> None:
    alert = scene.alert(LABELS)
    answers = [scene.post(alert, groupKey="{}:replayed").json() for _ in range(3)]
    assert len({json.dumps(answer) for answer in answers}) == 1
    with ThreadPoolExecutor(8) as pool:
        many = list(pool.map(lambda _: scene.post(alert, groupKey="{}:replayed").json(), range(16)))
    assert many == answers[:1] * 16


@pytest.mark.parametrize("source", ["", "%00", "%0d%0aX:y", "%e2%80%ae", "x" * 101, "%1b[2J"])
def test_a_source_that_is_no_name_is_refused(scene: Any, source: str) -> None:
    answer = scene.post(scene.alert(LABELS), query=f"?source={source}")
    assert answer.status_code == 400
    assert "?source" in answer.json()["error"]


@pytest.mark.parametrize("actor", ["", "a\nb", "\x1b[2J", "\u202ex", "x" * 101, "a\x00"])
def test_an_actor_that_is_no_name_is_refused(scene: Any, actor: str) -> None:
    incident = scene.open(LABELS)
    answer = requests.post(
        f"{scene.serve.url}/api/v1/incidents/{incident}/acknowledge",
        headers=scene.headers,
        json={"actor": actor},
        timeout=20,
    )
    assert answer.status_code == 400
    assert scene.get(f"/api/v1/incidents/{incident}")["incident"]["status"] == "triggered"


def test_an_actor_is_shown_as_text(scene: Any, wait: Callable[..., None]) -> None:
    incident = scene.open({**LABELS, "alertname": "Acknowledged"})
    wait(lambda: scene.told(incident), lambda: "nobody was told")
    body = {"actor": "<!channel> {{7*7}} <script>"}
    url = f"{scene.serve.url}/api/v1/incidents/{incident}/acknowledge"
    assert requests.post(url, headers=scene.headers, json=body, timeout=20).status_code == 200
    wait(lambda: "&lt;!channel&gt; {{7*7}}" in str(scene.slack.messages()), lambda: str(scene.slack.messages()[-1]))
    assert "<!channel>" not in str(scene.slack.messages())


def test_a_page_of_another_site_may_not_act(scene: Any) -> None:
    headers = {**scene.headers, "Origin": "https://evil.example"}
    answer = requests.post(f"{scene.serve.url}/api/v1/automation", headers=headers, json={"on": False}, timeout=20)
    assert answer.status_code == 403

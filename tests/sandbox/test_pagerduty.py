"""The sandbox's PagerDuty against the vendor's documented examples, with the vendor's own client where it can."""

from collections.abc import Iterator
from typing import Any

import pagerduty
import pytest
import requests

from sandbox.pagerduty import EVENT_LIMIT_BYTES, ROUTING_KEY, PagerDuty

DOCUMENTED: dict[str, Any] = {
    "payload": {
        "summary": "DISK at 99% on machine prod-datapipe03.example.com",
        "timestamp": "2015-07-17T08:42:58.315+0000",
        "severity": "critical",
        "source": "prod-datapipe03.example.com",
        "component": "mysql",
        "group": "prod-datapipe",
        "class": "disk",
        "custom_details": {"free space": "1%", "ping time": "1500ms", "load avg": 0.75},
    },
    "routing_key": ROUTING_KEY,
    "dedup_key": "srv01/mysql",
    "event_action": "trigger",
    "client": "Sample Monitoring Service",
    "client_url": "https://monitoring.example.com",
    "links": [{"href": "http://pagerduty.example.com", "text": "An example link."}],
    "images": [{"src": "https://charts.example.com/1.png", "href": "https://example.com", "alt": "An image"}],
}


@pytest.fixture
def server() -> Iterator[PagerDuty]:
    with PagerDuty() as running:
        yield running


def send(server: PagerDuty, event: Any) -> requests.Response:
    return requests.post(f"{server.url}/v2/enqueue", json=event, timeout=10)


def changed(**changes: Any) -> dict[str, Any]:
    return {name: value for name, value in {**DOCUMENTED, **changes}.items() if value is not None}


def payload(**changes: Any) -> dict[str, Any]:
    return changed(payload={k: v for k, v in {**DOCUMENTED["payload"], **changes}.items() if v is not None})


def test_the_documented_event_is_accepted_with_its_dedup_key(server: PagerDuty) -> None:
    response = send(server, DOCUMENTED)
    assert response.status_code == 202
    assert response.json() == {"status": "success", "message": "Event processed", "dedup_key": "srv01/mysql"}
    assert server.incident("srv01/mysql").severity == "critical"


def test_a_trigger_without_a_dedup_key_gets_one(server: PagerDuty) -> None:
    key = send(server, changed(dedup_key=None)).json()["dedup_key"]
    assert server.incident(key).status == "triggered"


@pytest.mark.parametrize(
    ("event", "words"),
    [
        (changed(routing_key="short"), "Length of 'routing_key' is incorrect (should be 32 characters)"),
        (changed(routing_key=None), "'routing_key' is missing or blank"),
        (changed(event_action=None), "'event_action' is missing"),
        (changed(event_action="ring"), "'event_action' is invalid"),
        (changed(event_action="resolve", dedup_key=None), "'dedup_key' is missing"),
        (changed(dedup_key="x" * 256), "'dedup_key' is invalid"),
        (changed(payload=None), "'payload' is missing"),
        (payload(summary=None), "'payload.summary' is missing"),
        (payload(summary=" "), "'payload.summary' is missing"),
        (payload(summary="x" * 1025), "'payload.summary' is too long"),
        (payload(source=None), "'payload.source' is missing"),
        (payload(severity="page"), "'payload.severity' is invalid"),
        (payload(timestamp="yesterday"), "'payload.timestamp' is not"),
        (payload(custom_details="text"), "'payload.custom_details' is not"),
        (changed(links=[{"text": "x"}]), "'links[0].href'"),
        (changed(images=[{"src": "http://x.example/1.png"}]), "'images[0].src'"),
    ],
)
def test_an_invalid_event_is_refused_with_what_is_wrong(server: PagerDuty, event: Any, words: str) -> None:
    response = send(server, event)
    assert response.status_code == 400
    assert response.json()["status"] == "invalid event"
    assert any(error.startswith(words) for error in response.json()["errors"])
    assert server.incidents == []


def test_a_body_that_is_no_json_is_refused(server: PagerDuty) -> None:
    response = requests.post(f"{server.url}/v2/enqueue", data="{", timeout=10)
    assert (response.status_code, response.json()["errors"]) == (400, ["JSON parse error"])


def test_an_event_above_512_kilobytes_is_refused(server: PagerDuty) -> None:
    response = send(server, payload(custom_details={"x": "y" * EVENT_LIMIT_BYTES}))
    assert response.status_code == 400


class TestWithTheVendorsClient:
    @pytest.fixture
    def client(self, server: PagerDuty) -> Iterator[pagerduty.EventsApiV2Client]:
        with pagerduty.EventsApiV2Client(ROUTING_KEY) as made:
            made._url = server.url  # the public setter wants https://
            yield made

    def test_an_incident_is_triggered_acknowledged_and_resolved(self, server: PagerDuty, client: Any) -> None:
        key = client.trigger("it is down", "ryot", dedup_key="inc-1", severity="warning")
        assert key == "inc-1"
        client.acknowledge(key)
        assert server.incident(key).status == "acknowledged"
        client.resolve(key)
        assert server.incident(key).status == "resolved"
        assert [entry["event_action"] for entry in server.incident(key).log] == ["trigger", "acknowledge", "resolve"]

    def test_a_second_trigger_rings_nobody_until_the_incident_is_resolved(self, server: PagerDuty, client: Any) -> None:
        for _ in range(2):
            client.trigger("it is down", "ryot", dedup_key="inc-1")
        client.acknowledge("inc-1")
        client.trigger("it is still down", "ryot", dedup_key="inc-1")
        assert server.rung() == ["inc-1"]
        assert server.incident("inc-1").status == "acknowledged"
        client.resolve("inc-1")
        client.trigger("it is down again", "ryot", dedup_key="inc-1")
        assert server.rung() == ["inc-1", "inc-1"]
        assert server.open_keys() == ["inc-1"]

    def test_resolving_what_was_never_triggered_is_accepted_and_does_nothing(
        self, server: PagerDuty, client: Any
    ) -> None:
        assert client.resolve("inc-9") == "inc-9"
        assert server.incidents == []

    def test_another_routing_key_does_not_reach_the_incident(self, server: PagerDuty, client: Any) -> None:
        client.trigger("it is down", "ryot", dedup_key="inc-1")
        assert send(server, changed(routing_key="0" * 32, event_action="resolve", dedup_key="inc-1")).status_code == 202
        assert server.open_keys() == ["inc-1"]

    def test_a_change_event_is_kept_and_rings_nobody(self, server: PagerDuty, client: Any) -> None:
        client.submit("restarted ryot-1", source="firebrigade", timestamp="2026-01-05T09:00:00+00:00")
        assert [change["payload"]["summary"] for change in server.changes] == ["restarted ryot-1"]
        assert server.rung() == []


def test_what_it_keeps_can_be_asked_for_without_the_routing_key(server: PagerDuty) -> None:
    send(server, DOCUMENTED)
    shown = requests.get(f"{server.address}/sandbox/incidents", timeout=10)
    assert [(i["dedup_key"], i["status"], i["rings"]) for i in shown.json()] == [("srv01/mysql", "triggered", 1)]
    events = requests.get(f"{server.address}/sandbox/events", timeout=10)
    assert events.json()[0]["event_action"] == "trigger"
    assert ROUTING_KEY not in shown.text + events.text


class TestFaults:
    def switch(self, server: PagerDuty, **fault: Any) -> requests.Response:
        return requests.post(f"{server.address}/sandbox/faults", json=fault, timeout=10)

    def test_a_status_is_answered_so_many_times_without_effect(self, server: PagerDuty) -> None:
        self.switch(server, match={"event_action": "trigger"}, answer=429, times=2, retry_after=7)
        for _ in range(2):
            response = send(server, DOCUMENTED)
            assert (response.status_code, response.headers["Retry-After"]) == (429, "7")
        assert server.incidents == []
        assert send(server, DOCUMENTED).status_code == 202

    def test_a_fault_hits_only_what_it_matches(self, server: PagerDuty) -> None:
        self.switch(server, match={"dedup_key": "another"}, answer=500)
        assert send(server, DOCUMENTED).status_code == 202
        assert send(server, changed(dedup_key="another")).status_code == 500

    @pytest.mark.parametrize(("answer", "opened"), [("drop-before", 0), ("drop-after", 1)])
    def test_a_dropped_connection_comes_before_or_after_the_effect(
        self, server: PagerDuty, answer: str, opened: int
    ) -> None:
        self.switch(server, answer=answer)
        with pytest.raises(requests.ConnectionError):
            send(server, DOCUMENTED)
        assert len(server.incidents) == opened

    @pytest.mark.parametrize(("answer", "opened"), [("hang-before", 0), ("hang-after", 1)])
    def test_a_request_hangs_before_or_after_the_effect_until_the_faults_are_cleared(
        self, server: PagerDuty, answer: str, opened: int
    ) -> None:
        self.switch(server, answer=answer)
        with pytest.raises(requests.ReadTimeout):
            requests.post(f"{server.url}/v2/enqueue", json=DOCUMENTED, timeout=0.2)
        server.faults.wait_for_hanging(1)
        assert len(server.incidents) == opened
        assert requests.delete(f"{server.address}/sandbox/faults", timeout=10).json() == []
        server.faults.wait_for_hanging(0)
        assert send(server, DOCUMENTED).status_code == 202

    @pytest.mark.parametrize(
        "fault", [{}, {"answer": "explode"}, {"answer": 99}, {"answer": 500, "times": 0}, {"answer": 500, "x": 1}, []]
    )
    def test_what_is_no_fault_is_refused_in_one_sentence(self, server: PagerDuty, fault: Any) -> None:
        response = requests.post(f"{server.address}/sandbox/faults", json=fault, timeout=10)
        assert response.status_code == 400
        assert response.json()["error"]
        assert server.faults.as_json() == []

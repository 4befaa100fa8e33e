"""PagerDuty: which events go out for which reason, and that each is one that PagerDuty takes."""

import json
import logging
from collections.abc import Iterator
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from pydantic import SecretStr

from firebrigade.receivers.contract import PermanentDeliveryError, Reason, TemporaryDeliveryError
from firebrigade.receivers.pagerduty import PagerDuty, PagerDutyConfig
from firebrigade.receivers.pagerduty_event import dedup_key, dedup_keys, trigger_event
from sandbox.faults import Fault
from sandbox.pagerduty import EVENT_LIMIT_BYTES, ROUTING_KEY
from sandbox.pagerduty import PagerDuty as Sandbox
from sandbox.pagerduty_rules import problems_of_event


@pytest.fixture
def sandbox() -> Iterator[Sandbox]:
    with Sandbox() as server:
        yield server


@pytest.fixture
def receiver(sandbox: Sandbox) -> PagerDuty:
    return PagerDuty(PagerDutyConfig(routing_key=SecretStr(ROUTING_KEY), base_url=sandbox.url, timeout_seconds=5))


def event_of(notification: Any) -> dict[str, Any]:
    envelope = {"routing_key": ROUTING_KEY, "event_action": "trigger", "dedup_key": dedup_key(notification)}
    return {**envelope, **trigger_event(notification, "Firebrigade")}


class TestWhatRings:
    def test_a_trigger_opens_an_incident_under_the_incidents_key(
        self, sandbox: Any, receiver: Any, notify: Any
    ) -> None:
        receipt = receiver.deliver(notify())
        incident = sandbox.incident("inc-42")
        assert (incident.status, incident.severity, incident.rings) == ("triggered", "critical", 1)
        assert receipt.reference == {"dedup_keys": "inc-42"}

    def test_each_further_level_rings_under_a_key_of_its_own(self, sandbox: Any, receiver: Any, notify: Any) -> None:
        receiver.deliver(notify())
        receiver.deliver(notify(reason=Reason.ESCALATED, level=2))
        receipt = receiver.deliver(notify(reason=Reason.ESCALATED, level=3))
        assert sandbox.rung() == ["inc-42", "inc-42:L2", "inc-42:L3"]
        assert receipt.reference == {"dedup_keys": "inc-42 inc-42:L2 inc-42:L3"}

    def test_an_update_sends_nothing_and_keeps_the_reference(self, sandbox: Any, receiver: Any, notify: Any) -> None:
        reference = {"dedup_keys": "inc-42"}
        receipt = receiver.deliver(notify(reason=Reason.UPDATED, reference=reference))
        assert sandbox.events == []
        assert receipt.reference == reference
        assert "nothing sent" in receipt.detail

    @pytest.mark.parametrize(
        ("reason", "status"), [(Reason.ACKNOWLEDGED, "acknowledged"), (Reason.RESOLVED, "resolved")]
    )
    def test_acknowledging_and_resolving_reach_the_keys_of_all_levels(
        self, sandbox: Any, receiver: Any, notify: Any, reason: Reason, status: str
    ) -> None:
        for level in (1, 2, 3):
            receiver.deliver(notify(reason=Reason.ESCALATED, level=level))
        receiver.deliver(notify(reason=reason, level=3))
        assert [incident.status for incident in sandbox.incidents] == [status] * 3

    def test_each_round_rings_anew_and_the_end_reaches_all_of_them(
        self, sandbox: Any, receiver: Any, notify: Any
    ) -> None:
        receiver.deliver(notify())
        for level in (1, 2):
            receiver.deliver(notify(reason=Reason.ESCALATED, level=level, round=1))
        assert sandbox.rung() == ["inc-42", "inc-42:L1.1", "inc-42:L2.1"]
        receiver.deliver(notify(reason=Reason.RESOLVED, level=2, round=1))
        assert sandbox.open_keys() == []

    def test_a_level_whose_answer_was_lost_is_resolved_too(self, sandbox: Any, receiver: Any, notify: Any) -> None:
        first = receiver.deliver(notify())
        sandbox.faults.add("drop-after")
        with pytest.raises(TemporaryDeliveryError):
            receiver.deliver(notify(reason=Reason.ESCALATED, level=2, reference=first.reference))
        receiver.deliver(notify(reason=Reason.RESOLVED, level=2, reference=first.reference))
        assert sandbox.open_keys() == []

    def test_a_resolve_that_failed_half_way_is_finished_by_its_repeat(
        self, sandbox: Any, receiver: Any, notify: Any
    ) -> None:
        for level in (1, 2, 3):
            receiver.deliver(notify(reason=Reason.ESCALATED, level=level))
        sandbox.faults.add(503, event_action="resolve", dedup_key="inc-42:L2")
        resolved = notify(reason=Reason.RESOLVED, level=3)
        with pytest.raises(TemporaryDeliveryError):
            receiver.deliver(resolved)
        assert sandbox.open_keys() == ["inc-42:L2", "inc-42:L3"]
        receiver.deliver(resolved)
        assert sandbox.open_keys() == []
        assert sandbox.rung() == ["inc-42", "inc-42:L2", "inc-42:L3"]

    def test_keys_of_the_reference_are_kept_even_when_the_level_fell(self, notify: Any) -> None:
        notification = notify(level=1, reference={"dedup_keys": "inc-42 inc-42:L3"})
        assert dedup_keys(notification) == ("inc-42", "inc-42:L3")

    @pytest.mark.parametrize("level", [0, 1])
    def test_before_and_at_the_first_level_there_is_one_key(self, notify: Any, level: int) -> None:
        assert dedup_keys(notify(level=level)) == ("inc-42",)


class TestErrors:
    def test_the_seconds_of_retry_after_are_handed_on(self, sandbox: Any, receiver: Any, notify: Any) -> None:
        sandbox.faults.add(429, retry_after=17)
        with pytest.raises(TemporaryDeliveryError) as caught:
            receiver.deliver(notify())
        assert caught.value.retry_after_seconds == 17
        assert not caught.value.outcome_unknown

    def test_a_refused_event_is_permanent_and_says_why(self, sandbox: Any, notify: Any) -> None:
        receiver = PagerDuty(PagerDutyConfig(routing_key=SecretStr("0" * 32), base_url=f"{sandbox.url}/elsewhere"))
        with pytest.raises(PermanentDeliveryError, match=r"404.*Not found"):
            receiver.deliver(notify())

    def test_a_key_that_is_repeated_by_the_server_is_taken_out(self, receiver: Any, sandbox: Any, notify: Any) -> None:
        sandbox.faults.switch_on(Fault(answer=400, error=f"bad key {ROUTING_KEY}"))
        with pytest.raises(PermanentDeliveryError, match=r"bad key \[secret\]"):
            receiver.deliver(notify())

    def test_the_vendors_client_logs_no_key_and_no_warning(
        self, sandbox: Any, receiver: Any, notify: Any, caplog: pytest.LogCaptureFixture
    ) -> None:
        sandbox.faults.add(401)
        with caplog.at_level(logging.DEBUG), pytest.raises(PermanentDeliveryError):
            receiver.deliver(notify())
        assert ROUTING_KEY not in caplog.text
        assert ROUTING_KEY[-4:] not in caplog.text


class TestTheEvent:
    @pytest.mark.parametrize(
        ("severity", "sent"),
        [
            ("critical", "critical"),
            ("CRITICAL", "critical"),
            ("page", "critical"),
            ("error", "error"),
            ("warning", "warning"),
            ("info", "info"),
            ("none", "error"),
            ("", "error"),
        ],
    )
    def test_a_severity_becomes_one_that_pagerduty_knows(self, notify: Any, severity: str, sent: str) -> None:
        assert event_of(notify(severity=severity))["payload"]["severity"] == sent

    def test_the_event_says_what_the_machine_does(self, notify: Any) -> None:
        payload = event_of(notify())["payload"]
        assert payload["summary"] == "ServiceDown: ryot"
        assert payload["timestamp"] == "2026-01-05T09:00:00+00:00"
        assert payload["custom_details"]["automation"] == "Restarting the pod ryot-1."
        assert payload["custom_details"]["alerts"][0]["labels"]["pod"] == "ryot-1"

    def test_the_summary_of_an_escalation_names_the_level(self, notify: Any) -> None:
        assert event_of(notify(level=2))["payload"]["summary"] == "[L2] ServiceDown: ryot"

    def test_only_web_addresses_become_links(self, notify: Any) -> None:
        links = {"incident": "https://x.example/42", "runbook": "javascript:alert(1)", "graph": "http://p.example/g"}
        event = event_of(notify(links=links))
        assert [link["text"] for link in event["links"]] == ["incident", "graph"]
        assert event["client_url"] == "https://x.example/42"
        assert "client_url" not in event_of(notify(links={"incident": "javascript:alert(1)"}))

    def test_a_summary_is_cut_at_1024_characters(self, notify: Any) -> None:
        assert len(event_of(notify(title="x" * 5000))["payload"]["summary"]) == 1024

    def test_a_hundred_huge_alerts_fit_into_512_kilobytes_and_the_rest_is_counted(self, notify: Any) -> None:
        alert = notify().alerts[0]
        huge = type(alert)(
            fingerprint="f",
            firing=True,
            labels={f"label{number}": "Σ" * 5000 for number in range(100)},
            annotations={f"annotation{number}": "Σ" * 5000 for number in range(100)},
            starts_at=alert.starts_at,
        )
        event = event_of(notify(alerts=(huge,) * 100))
        details = event["payload"]["custom_details"]
        assert len(json.dumps(event).encode()) <= EVENT_LIMIT_BYTES
        assert details["alerts"]
        assert len(details["alerts"]) + details["alerts_left_out"] == 100

    @settings(deadline=None)
    @given(data=st.data())
    def test_any_text_makes_an_event_that_pagerduty_takes(self, notify: Any, data: st.DataObject) -> None:
        text = st.text(st.characters(exclude_categories=[]), max_size=2000)
        words = {name: data.draw(text) for name in ("title", "summary", "service", "severity", "automation", "status")}
        notification = notify(level=data.draw(st.integers(0, 3)), links={"incident": data.draw(text)}, **words)
        assert problems_of_event(event_of(notification)) == []


class TestConfiguration:
    @pytest.mark.parametrize("key", ["", "short", "x" * 33, "e93facc04764012d7bfb002500d5d1a\n", "ä" * 32])
    def test_a_routing_key_of_another_shape_is_refused_without_being_quoted(self, key: str) -> None:
        with pytest.raises(ValueError, match="32 letters and digits") as caught:
            PagerDutyConfig(routing_key=SecretStr(key))
        assert not key or key not in str(caught.value)

    def test_events_go_to_the_vendor_unless_something_else_is_set(self) -> None:
        assert PagerDutyConfig(routing_key=SecretStr(ROUTING_KEY)).base_url == "https://events.pagerduty.com"

"""Slack: one living message for each incident, replies where people must look, and nothing that a label can inject."""

import dataclasses
import socket
import threading
from collections.abc import Iterator
from typing import Any

import pytest
from pydantic import SecretStr

from firebrigade.receivers.contract import PermanentDeliveryError, Reason, TemporaryDeliveryError
from firebrigade.receivers.slack import Slack, SlackConfig
from sandbox.faults import Fault
from sandbox.slack import CHANNEL, TOKEN
from sandbox.slack import Slack as Sandbox

RINGING = {1: ("here",), 2: ("S0ONCALL", "U0LEAD")}


@pytest.fixture
def sandbox() -> Iterator[Sandbox]:
    with Sandbox() as server:
        yield server


def receiver_at(url: str, **changes: Any) -> Slack:
    values = {"token": TOKEN, "channel": CHANNEL, "base_url": url, "mentions": RINGING, "timeout_seconds": 5}
    return Slack(SlackConfig.model_validate({**values, **changes}))


@pytest.fixture
def receiver(sandbox: Sandbox) -> Slack:
    return receiver_at(sandbox.url)


class TestTheLivingMessage:
    def test_a_trigger_posts_one_message_that_mentions_the_first_level(
        self, sandbox: Any, receiver: Any, notify: Any
    ) -> None:
        receipt = receiver.deliver(notify())
        message = sandbox.only_message()
        assert message["text"] == "<!here> 🔴 triggered [critical] ServiceDown: ryot"
        assert receipt.reference == {"channel": CHANNEL, "ts": message["ts"]}
        assert message["ts"] in receipt.detail

    @pytest.mark.parametrize("reason", [Reason.UPDATED, Reason.ACKNOWLEDGED])
    def test_an_update_edits_the_message_and_rings_nobody(
        self, sandbox: Any, receiver: Any, notify: Any, reason: Reason
    ) -> None:
        reference = receiver.deliver(notify()).reference
        receipt = receiver.deliver(notify(reason=reason, status="acknowledged", reference=reference))
        message = sandbox.only_message()
        assert message["text"] == "🟡 acknowledged [critical] ServiceDown: ryot"
        assert sandbox.replies(message["ts"]) == []
        assert receipt.reference == reference

    def test_slack_is_told_to_link_nothing_by_itself(self, sandbox: Any, receiver: Any, notify: Any) -> None:
        reference = receiver.deliver(notify()).reference
        receiver.deliver(notify(reason=Reason.ESCALATED, level=2, reference=reference))
        assert [name for name, _ in sandbox.calls] == ["chat.postMessage", "chat.update", "chat.postMessage"]
        assert {arguments["parse"] for _, arguments in sandbox.calls} == {"none"}

    def test_an_escalation_edits_the_message_and_rings_its_level_in_the_channel(
        self, sandbox: Any, receiver: Any, notify: Any
    ) -> None:
        reference = receiver.deliver(notify()).reference
        receiver.deliver(notify(reason=Reason.ESCALATED, level=2, reference=reference))
        message = sandbox.only_message()
        (said,) = sandbox.replies(message["ts"])
        assert "L2" in message["text"]
        assert said["text"] == "<!subteam^S0ONCALL> <@U0LEAD> Escalated to level 2: ServiceDown: ryot"
        assert said["subtype"] == "thread_broadcast"

    def test_a_resolve_edits_the_message_and_replies_quietly(self, sandbox: Any, receiver: Any, notify: Any) -> None:
        reference = receiver.deliver(notify()).reference
        receiver.deliver(notify(reason=Reason.RESOLVED, status="resolved", reference=reference))
        message = sandbox.only_message()
        (said,) = sandbox.replies(message["ts"])
        assert message["text"].startswith("🟢 resolved")
        assert said["text"] == "Resolved: ServiceDown: ryot"
        assert "subtype" not in said

    def test_a_message_that_somebody_deleted_is_posted_anew(self, sandbox: Any, receiver: Any, notify: Any) -> None:
        reference = receiver.deliver(notify()).reference
        sandbox.delete_message(reference["ts"])
        receipt = receiver.deliver(notify(reason=Reason.ESCALATED, level=2, reference=reference))
        message = sandbox.only_message()
        assert receipt.reference["ts"] == message["ts"] != reference["ts"]
        assert message["text"].startswith("<!subteam^S0ONCALL>")

    def test_a_reference_to_another_channel_is_not_followed(self, sandbox: Any, receiver: Any, notify: Any) -> None:
        reference = {"channel": "C0ELSEWHERE", "ts": "1700000000.000100"}
        receipt = receiver.deliver(notify(reason=Reason.UPDATED, reference=reference))
        assert receipt.reference["channel"] == CHANNEL
        assert sandbox.only_message()


class TestAfterAnAttemptWithoutAnswer:
    def test_the_message_is_found_by_its_metadata_among_many(self, sandbox: Any, receiver: Any, notify: Any) -> None:
        sandbox.faults.add("drop-after", api_method="chat.postMessage")
        with pytest.raises(TemporaryDeliveryError):
            receiver.deliver(notify())
        for number in range(450):  # three pages
            sandbox.channels[CHANNEL].say(f"chatter {number}")
        receipt = receiver.deliver(notify(outcome_unknown=True))
        own = [message for message in sandbox.messages() if "metadata" in message]
        assert [message["ts"] for message in own] == [receipt.reference["ts"]]

    def test_a_later_notification_finds_a_message_that_no_receipt_names(
        self, sandbox: Any, receiver: Any, notify: Any
    ) -> None:
        sandbox.faults.add("drop-after", api_method="chat.postMessage")
        with pytest.raises(TemporaryDeliveryError):
            receiver.deliver(notify())
        receiver.deliver(notify(reason=Reason.ACKNOWLEDGED, status="acknowledged", delivery_id="delivery-2"))
        assert sandbox.only_message()["text"].startswith("🟡")

    def test_a_reply_that_is_there_is_not_repeated(self, sandbox: Any, receiver: Any, notify: Any) -> None:
        reference = receiver.deliver(notify()).reference
        escalated = notify(reason=Reason.ESCALATED, level=2, delivery_id="delivery-2", reference=reference)
        sandbox.faults.add("drop-after", api_method="chat.postMessage")
        with pytest.raises(TemporaryDeliveryError):
            receiver.deliver(escalated)
        receiver.deliver(dataclasses.replace(escalated, outcome_unknown=True))
        assert len(sandbox.replies(reference["ts"])) == 1

    def test_the_next_levels_reply_is_not_taken_for_a_repeat(self, sandbox: Any, receiver: Any, notify: Any) -> None:
        reference = receiver.deliver(notify()).reference
        for level in (2, 3):
            step = notify(reason=Reason.ESCALATED, level=level, delivery_id=f"delivery-{level}", reference=reference)
            receiver.deliver(dataclasses.replace(step, outcome_unknown=True))
        assert len(sandbox.replies(reference["ts"])) == 2

    def test_a_second_post_for_a_deleted_message_is_not_repeated(
        self, sandbox: Any, receiver: Any, notify: Any
    ) -> None:
        reference = receiver.deliver(notify()).reference
        sandbox.delete_message(reference["ts"])
        update = notify(reason=Reason.UPDATED, delivery_id="delivery-2", reference=reference)
        sandbox.faults.add("drop-after", api_method="chat.postMessage")
        with pytest.raises(TemporaryDeliveryError):
            receiver.deliver(update)
        receipt = receiver.deliver(dataclasses.replace(update, outcome_unknown=True))
        assert sandbox.only_message()["ts"] == receipt.reference["ts"]

    def test_without_the_right_to_read_it_posts_again_and_says_so(
        self, sandbox: Any, receiver: Any, notify: Any
    ) -> None:
        sandbox.scopes.discard("channels:history")
        receipt = receiver.deliver(notify(outcome_unknown=True))
        assert "perhaps twice" in receipt.detail
        assert sandbox.only_message()

    def test_while_the_history_can_not_be_read_nothing_is_posted(
        self, sandbox: Any, receiver: Any, notify: Any
    ) -> None:
        sandbox.faults.add(503, api_method="conversations.history")
        with pytest.raises(TemporaryDeliveryError):
            receiver.deliver(notify(outcome_unknown=True))
        assert sandbox.messages() == []


class TestErrors:
    @pytest.mark.parametrize(
        ("code", "outcome_unknown"),
        [
            ("ratelimited", False),
            ("rate_limited", False),
            ("request_timeout", False),
            ("internal_error", True),
            ("fatal_error", True),
            ("service_unavailable", True),
            ("Something Went Wrong!", True),
        ],
    )
    def test_slacks_temporary_errors_are_temporary(
        self, sandbox: Any, receiver: Any, notify: Any, code: str, outcome_unknown: bool
    ) -> None:
        sandbox.faults.switch_on(Fault(answer=200, error=code))
        with pytest.raises(TemporaryDeliveryError) as caught:
            receiver.deliver(notify())
        assert caught.value.outcome_unknown is outcome_unknown

    @pytest.mark.parametrize("code", ["invalid_auth", "channel_not_found", "is_archived", "not_in_channel", "no_text"])
    def test_slacks_refusals_are_permanent(self, sandbox: Any, receiver: Any, notify: Any, code: str) -> None:
        sandbox.faults.switch_on(Fault(answer=200, error=code))
        with pytest.raises(PermanentDeliveryError, match=f"^Slack says {code}$"):
            receiver.deliver(notify())

    def test_the_seconds_of_retry_after_are_handed_on(self, sandbox: Any, receiver: Any, notify: Any) -> None:
        sandbox.faults.add(429, retry_after=30)
        with pytest.raises(TemporaryDeliveryError) as caught:
            receiver.deliver(notify())
        assert caught.value.retry_after_seconds == 30

    def test_a_wrong_token_is_permanent(self, sandbox: Any, notify: Any) -> None:
        with pytest.raises(PermanentDeliveryError, match="invalid_auth"):
            receiver_at(sandbox.url, token="xoxb-wrong").deliver(notify())

    def test_a_redirect_does_not_take_the_token_to_another_host(self, notify: Any, hostile: Any) -> None:
        heard = bytearray()

        def elsewhere(connection: socket.socket, _: threading.Event) -> None:
            heard.extend(connection.recv(65536))
            connection.sendall(b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\nConnection: close\r\n\r\n{}")

        with hostile(elsewhere) as port:
            location = b"Location: http://127.0.0.1:%d/api/x" % port

            def redirect(connection: socket.socket, _: threading.Event) -> None:
                connection.recv(65536)
                connection.sendall(b"HTTP/1.1 302 Found\r\n" + location + b"\r\nContent-Length: 0\r\n\r\n")

            with hostile(redirect) as first, pytest.raises(TemporaryDeliveryError):
                receiver_at(f"http://127.0.0.1:{first}/api").deliver(notify())
        assert heard
        assert TOKEN.encode() not in heard


class TestConfiguration:
    @pytest.mark.parametrize("token", ["", "xoxb 1", "xoxb-1\n", "xoxb-ä"])
    def test_a_token_that_does_not_fit_a_header_is_refused_without_being_quoted(self, token: str) -> None:
        with pytest.raises(ValueError, match="must be a token") as caught:
            SlackConfig(token=SecretStr(token), channel=CHANNEL)
        assert not token or token not in str(caught.value)

    @pytest.mark.parametrize("mention", ["everyone", "@here", "<!channel>", "u012", "U012>"])
    def test_only_ids_here_and_channel_can_be_mentioned(self, mention: str) -> None:
        with pytest.raises(ValueError, match="mentions"):
            SlackConfig.model_validate({"token": TOKEN, "channel": CHANNEL, "mentions": {1: [mention]}})

    def test_a_channels_name_is_refused_because_it_can_change(self) -> None:
        with pytest.raises(ValueError, match="channel"):
            SlackConfig.model_validate({"token": TOKEN, "channel": "#ops"})

"""What every receiver promises, tried on each one that the registry finds."""

import dataclasses
import logging
import socket
import threading
import traceback
from base64 import b64encode
from collections.abc import Mapping
from typing import Any

import pytest

from firebrigade.receivers.contract import (
    ApprovalRequest,
    DeliveryError,
    PermanentDeliveryError,
    Reason,
    Receipt,
    ReceiverConfig,
    TemporaryDeliveryError,
)
from firebrigade.receivers.registry import find_receivers
from sandbox.mail import USERNAME

HOSTILE = {
    "a mention": "<!channel> <@U012> <!subteam^S1> @here",
    "a link in disguise": "<https://evil.example|your runbook> [x](https://evil.example)",
    "HTML": "<script>alert(1)</script><img src=x onerror=alert(1)>",
    "a header": "x\r\nBcc: everybody@example.com\r\n\r\nbody",
    "an SMTP command": "x\r\n.\r\nMAIL FROM:<evil@example.com>\r\n",
    "control characters": "a\x00b\x1b[2Jc\x7fd\x85e\u2028f",
    "a lone surrogate": "a\ud800b",
    "turned round": "\u202eevil\u202c",
    "a template": "{{ 7 * 7 }} ${x} %s %(a)s {0}",
    "JSON": '"}],"routing_key":"x"',
    "only white space": " \n\t ",
    "nothing": "",
    "very long": "ab " * 200_000,
    "very long and escaped": "<&>" * 200_000,
}


def texts_of(notification: Any, text: str) -> dict[str, Any]:
    alert = dataclasses.replace(
        notification.alerts[0], labels={"alertname": text, text: text}, annotations={text: text}
    )
    return {
        "title": text,
        "summary": text,
        "service": text,
        "severity": text,
        "status": text,
        "automation": text,
        "approval": ApprovalRequest(
            step=1, plan="0" * 64, summary=text, details=(text,) * 10, approve_with=text, reject_with=text
        ),
        "timeline": (text,) * 100,
        "alerts": (alert,) * 100,
        "links": {text: text, "runbook": text, "x": "javascript:alert(1)", "y": f"https://x.example/{text}"},
    }


def failure(receiver: Any, notification: Any) -> DeliveryError:
    with pytest.raises(DeliveryError) as caught:
        receiver.deliver(notification)
    return caught.value


class TestWhatIsDelivered:
    def test_a_notification_is_delivered_with_one_sentence_for_the_timeline(
        self, any_channel: Any, notify: Any
    ) -> None:
        receipt = any_channel.receiver.deliver(notify())
        assert isinstance(receipt, Receipt)
        assert receipt.detail
        assert "\n" not in receipt.detail

    @pytest.mark.parametrize("reason", list(Reason))
    def test_every_reason_can_come_first(self, any_channel: Any, notify: Any, reason: Reason) -> None:
        assert isinstance(any_channel.receiver.deliver(notify(reason=reason)), Receipt)

    def test_a_whole_incident_goes_through_with_its_references(self, any_channel: Any, notify: Any) -> None:
        receiver = any_channel.receiver
        reference: Mapping[str, str] = {}
        for number, (reason, level) in enumerate(
            [
                (Reason.TRIGGERED, 1),
                (Reason.UPDATED, 1),
                (Reason.ESCALATED, 2),
                (Reason.ACKNOWLEDGED, 2),
                (Reason.RESOLVED, 2),
            ]
        ):
            step = notify(reason=reason, level=level, delivery_id=f"delivery-{number}", reference=reference)
            reference = receiver.deliver(step).reference
            assert all(isinstance(value, str) for value in reference.values())

    @pytest.mark.parametrize("text", HOSTILE.values(), ids=HOSTILE.keys())
    @pytest.mark.parametrize("reason", [Reason.TRIGGERED, Reason.ESCALATED])
    def test_hostile_text_is_delivered_as_text(self, any_channel: Any, notify: Any, text: str, reason: Reason) -> None:
        notification = notify(reason=reason, level=2, **texts_of(notify(), text))
        assert isinstance(any_channel.receiver.deliver(notification), Receipt)


class TestDeliveringTwice:
    def test_the_same_delivery_twice_tells_people_once(self, channel: Any, notify: Any) -> None:
        channel.receiver.deliver(notify())
        channel.receiver.deliver(notify(outcome_unknown=True))
        assert len(channel.told()) == 1

    def test_a_delivery_that_arrived_without_an_answer_tells_people_once(self, channel: Any, notify: Any) -> None:
        channel.faults.add("drop-after")
        error = failure(channel.receiver, notify())
        assert isinstance(error, TemporaryDeliveryError)
        assert error.outcome_unknown
        channel.receiver.deliver(notify(outcome_unknown=True))
        assert len(channel.told()) == 1

    def test_a_delivery_that_did_not_arrive_is_not_lost_when_it_is_repeated(self, channel: Any, notify: Any) -> None:
        channel.faults.add("drop-before")
        failure(channel.receiver, notify())
        channel.receiver.deliver(notify(outcome_unknown=True))
        assert len(channel.told()) == 1

    def test_an_escalation_that_arrived_without_an_answer_tells_people_once(self, channel: Any, notify: Any) -> None:
        first = channel.receiver.deliver(notify())
        escalated = notify(reason=Reason.ESCALATED, level=2, delivery_id="delivery-2", reference=first.reference)
        once = channel.receiver.deliver(escalated)
        told = len(channel.told())
        repeated = dataclasses.replace(escalated, reference=once.reference, outcome_unknown=True)
        channel.receiver.deliver(repeated)
        assert told == 2
        assert len(channel.told()) == told

    def test_another_incident_is_told_too(self, channel: Any, notify: Any) -> None:
        channel.receiver.deliver(notify())
        channel.receiver.deliver(notify(incident_key="inc-43", delivery_id="delivery-2", outcome_unknown=True))
        assert len(channel.told()) == 2


class TestWhatCanGoWrong:
    def test_every_temporary_status_is_a_temporary_error(self, channel: Any, notify: Any) -> None:
        for status in channel.temporary:
            channel.faults.add(status)
            error = failure(channel.receiver, notify())
            assert isinstance(error, TemporaryDeliveryError), status
            assert str(status) in str(error)

    def test_every_other_status_is_a_permanent_error(self, channel: Any, notify: Any) -> None:
        for status in channel.permanent:
            channel.faults.add(status)
            error = failure(channel.receiver, notify())
            assert isinstance(error, PermanentDeliveryError), status
            assert str(status) in str(error)

    def test_after_an_error_the_same_receiver_delivers(self, channel: Any, notify: Any) -> None:
        channel.faults.add(channel.temporary[0])
        failure(channel.receiver, notify())
        channel.receiver.deliver(notify())
        assert len(channel.told()) == 1

    def test_nothing_is_retried_by_the_vendors_client(self, channel: Any, notify: Any) -> None:
        for status in channel.temporary:
            channel.faults.add(status, times=2)
            failure(channel.receiver, notify())
            assert [fault["times"] for fault in channel.faults.as_json()] == [1], status
            channel.faults.clear()

    def test_a_closed_port_is_temporary_and_certainly_not_delivered(self, channel: Any, notify: Any) -> None:
        with socket.create_server(("127.0.0.1", 0)) as listener:
            port = listener.getsockname()[1]
        error = failure(channel.at(port), notify())
        assert isinstance(error, TemporaryDeliveryError)
        assert not error.outcome_unknown

    def test_a_server_that_never_answers_ends_as_an_unknown_outcome(
        self, channel: Any, notify: Any, hostile: Any
    ) -> None:
        with hostile(lambda _, ended: ended.wait()) as port:
            error = failure(channel.at(port, timeout_seconds=0.2), notify())
        assert isinstance(error, TemporaryDeliveryError)
        assert error.outcome_unknown

    def test_a_server_that_drips_bytes_does_not_hold_a_delivery(self, channel: Any, notify: Any, hostile: Any) -> None:
        def drip(connection: socket.socket, ended: threading.Event) -> None:
            while not ended.wait(0.05):
                connection.sendall(b"2")

        with hostile(drip) as port:
            error = failure(channel.at(port, timeout_seconds=0.2), notify())
        assert isinstance(error, TemporaryDeliveryError)
        assert error.outcome_unknown

    @pytest.mark.parametrize(
        "garbage",
        [
            b"\x00\xff\x00\xff\r\n\r\n",
            b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\n[]",
            b'HTTP/1.1 200 OK\r\nContent-Length: 3\r\n\r\n"x"',
            b"HTTP/1.1 200 OK\r\nContent-Type: text/html; charset=martian\r\nContent-Length: 2\r\n\r\n\xff\xfe",
            b"HTTP/1.1 200 OK\r\nContent-Length: 99\r\n\r\n{",
            b"HTTP/1.1 200 OK\r\nContent-Encoding: gzip\r\nContent-Length: 4\r\n\r\nnope",
            b'HTTP/1.1 202 Accepted\r\nContent-Length: 13\r\n\r\n{"ok": "yes"}',
            b"250-\xff\r\n",
        ],
        ids=["no protocol", "a list", "a text", "an unknown charset", "cut off", "bad gzip", "another shape", "SMTP"],
    )
    def test_an_answer_that_makes_no_sense_is_one_of_the_two_errors(
        self, channel: Any, notify: Any, hostile: Any, garbage: bytes
    ) -> None:
        def answer(connection: socket.socket, _: threading.Event) -> None:
            connection.sendall(garbage)
            connection.recv(65536)

        with hostile(answer) as port:
            error = failure(channel.at(port, timeout_seconds=0.5), notify())
        assert isinstance(error, TemporaryDeliveryError)


class TestSecrets:
    def test_no_secret_is_in_an_error_a_log_line_or_a_repr_when_the_server_repeats_it(
        self, channel: Any, notify: Any, hostile: Any, caplog: pytest.LogCaptureFixture
    ) -> None:
        heard = bytearray()

        def echo(connection: socket.socket, _: threading.Event) -> None:
            if channel.echo(b"").startswith(b"220"):
                connection.sendall(channel.echo(b""))
            while received := connection.recv(65536):
                heard.extend(received)
                connection.sendall(channel.echo(received))

        with caplog.at_level(logging.DEBUG), hostile(echo) as port:
            receiver = channel.at(port)
            error = failure(receiver, notify())
        assert channel.secret.encode() in heard or b64encode(f"\0{USERNAME}\0{channel.secret}".encode()) in heard
        shown = (
            "".join(traceback.format_exception(error)) + repr(error) + caplog.text + repr(receiver) + repr(vars(error))
        )
        assert channel.secret not in shown
        assert channel.secret[:12] not in shown, "a part of it is left"

    def test_no_secret_is_in_an_error_when_the_server_hangs_up(
        self, channel: Any, notify: Any, caplog: pytest.LogCaptureFixture
    ) -> None:
        channel.faults.add("drop-before")
        with caplog.at_level(logging.DEBUG):
            error = failure(channel.receiver, notify())
        shown = "".join(traceback.format_exception(error)) + repr(error) + caplog.text + repr(channel.receiver)
        assert channel.secret not in shown

    def test_no_secret_is_in_a_receipt(self, any_channel: Any, notify: Any) -> None:
        assert any_channel.secret not in repr(any_channel.receiver.deliver(notify()))


class TestConfiguration:
    @pytest.mark.parametrize("name", sorted(find_receivers()))
    def test_a_configuration_refuses_unknown_keys_and_never_quotes_what_was_entered(self, name: str) -> None:
        config = find_receivers()[name].Config
        assert issubclass(config, ReceiverConfig)
        with pytest.raises(ValueError, match="unknown_key") as caught:
            config.model_validate({"unknown_key": "s3cret-value"})
        assert "s3cret-value" not in str(caught.value)

    @pytest.mark.parametrize("name", sorted(set(find_receivers()) - {"log"}))
    def test_a_remote_receiver_has_a_time_out_of_at_most_ten_seconds(self, name: str) -> None:
        field = find_receivers()[name].Config.model_fields["timeout_seconds"]
        assert field.default == 10
        assert "Le(le=10)" in repr(field.metadata)

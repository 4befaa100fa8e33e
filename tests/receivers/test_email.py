"""Mail: threads, headers that nothing can be injected into, protection of the connection, and SMTP's answers."""

import dataclasses
import socket
import threading
from collections.abc import Iterator
from email.utils import parsedate_to_datetime
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from firebrigade.receivers.contract import PermanentDeliveryError, Reason, TemporaryDeliveryError
from firebrigade.receivers.email import Email, EmailConfig, Security
from firebrigade.receivers.email_message import compose, subject
from sandbox.mail import PASSWORD, USERNAME, Mail
from sandbox.mail_message import parse

PEOPLE = ("first@example.com", "second@example.com", "third@example.com")
ANY_TEXT = st.text(st.characters(exclude_categories=[]), max_size=100)


@pytest.fixture
def mail() -> Iterator[Mail]:
    with Mail() as server:
        yield server


def receiver_of(mail: Mail, **changes: Any) -> Email:
    values = {
        "host": mail.host,
        "port": mail.port,
        "sender": "firebrigade@example.com",
        "recipients": PEOPLE,
        "ca_file": mail.ca_file,
        "timeout_seconds": 5,
    }
    return Email(EmailConfig.model_validate({**values, **changes}))


class TestTheMessage:
    def test_it_reaches_every_recipient_in_one_transaction(self, mail: Mail, notify: Any) -> None:
        receipt = receiver_of(mail).deliver(notify())
        assert len(mail.messages) == 1
        assert mail.messages[0].recipients == PEOPLE
        assert receipt.detail == "mail <delivery-1@example.com> to 3 of 3"

    def test_its_headers_are_those_of_an_automatic_message_in_the_incidents_thread(
        self, mail: Mail, notify: Any
    ) -> None:
        receiver_of(mail).deliver(notify())
        message = mail.messages[0]
        assert message.message_id == "<delivery-1@example.com>"
        assert message.header("In-Reply-To") == message.header("References") == "<inc-42@example.com>"
        assert message.header("Auto-Submitted") == "auto-generated"
        assert parsedate_to_datetime(message.header("Date")) == notify().at

    def test_all_messages_of_an_incident_share_thread_and_subject(self, mail: Mail, notify: Any) -> None:
        receiver = receiver_of(mail)
        for number, reason in enumerate(Reason):
            receiver.deliver(notify(reason=reason, delivery_id=f"delivery-{number}"))
        box = mail.mailbox("first@example.com")
        assert len(box) == len(Reason)
        assert {message.header("References") for message in box} == {"<inc-42@example.com>"}
        assert {message.subject.removeprefix("Re: ") for message in box} == {"[INC-42] ServiceDown: ryot"}

    def test_text_and_html_say_the_same(self, mail: Mail, notify: Any) -> None:
        receiver_of(mail).deliver(notify(reason=Reason.ESCALATED, level=2))
        message = mail.messages[0]
        for body in (message.text, message.html):
            assert "ESCALATED: critical, level 2" in body
            assert "Restarting the pod ryot-1." in body
            assert "pod=ryot-1" in body
            assert "https://firebrigade.example/incidents/42" in body

    def test_letters_of_any_script_arrive(self, mail: Mail, notify: Any) -> None:
        receiver_of(mail).deliver(notify(title="Σ-lang fällt aus 🔥", summary="größer"))
        message = mail.messages[0]
        assert message.subject == "[INC-42] Σ-lang fällt aus 🔥"
        assert "größer" in message.text
        assert message.raw.isascii()

    def test_html_is_escaped(self, notify: Any) -> None:
        message = compose(notify(title="<b>x</b>", summary='"><script>1</script>'), "a@x.example", ["b@x.example"])
        body = parse(message.as_bytes()).get_body(("html",))
        assert body is not None
        assert "<script" not in body.get_content()
        assert "&lt;script&gt;" in body.get_content()

    def test_a_delivery_id_of_unusual_letters_still_gives_one_fixed_message_id(self, notify: Any) -> None:
        ids = {compose(notify(delivery_id="a>\r\nb: c"), "a@x.example", ["b@x.example"])["Message-ID"] for _ in "12"}
        (only,) = ids
        assert len(only) == len("<@x.example>") + 64

    @settings(deadline=None, max_examples=50)
    @given(data=st.data())
    def test_no_text_adds_a_header_a_recipient_or_a_part(self, notify: Any, data: st.DataObject) -> None:
        words = {
            name: data.draw(ANY_TEXT | ANY_TEXT.map(lambda text: f"x\r\nBcc: evil@example.com\r\n\r\n{text}"))
            for name in ("title", "summary", "service", "severity", "automation", "delivery_id", "incident_key")
        }
        labels = data.draw(st.dictionaries(ANY_TEXT, ANY_TEXT, max_size=3))
        alerts = (dataclasses.replace(notify().alerts[0], labels=labels),)
        links = {data.draw(ANY_TEXT): data.draw(ANY_TEXT)}
        notification = notify(alerts=alerts, links=links, timeline=(data.draw(ANY_TEXT),), **words)
        plain = compose(notify(), "a@x.example", ["b@x.example"])
        message = parse(compose(notification, "a@x.example", ["b@x.example"]).as_bytes())
        assert message.keys() == plain.keys()
        assert message["To"] == "b@x.example"
        assert [part.get_content_type() for part in message.walk()] == [p.get_content_type() for p in plain.walk()]
        # The library loses some spaces between encoded words (RFC 2047, section 6.2), so those are not compared.
        assert str(message["Subject"]).replace(" ", "") == subject(notification).replace(" ", "")


class TestProtection:
    def test_mail_goes_over_starttls_by_default(self, mail: Mail, notify: Any) -> None:
        receiver_of(mail).deliver(notify())
        assert mail.messages[0].protected

    def test_a_server_without_starttls_gets_no_mail(self, notify: Any) -> None:
        with Mail(security="none") as mail:
            with pytest.raises(PermanentDeliveryError, match="STARTTLS"):
                receiver_of(mail).deliver(notify())
            assert mail.messages == []

    def test_a_certificate_that_nobody_vouches_for_is_refused(self, mail: Mail, notify: Any) -> None:
        with pytest.raises(TemporaryDeliveryError, match="CERTIFICATE_VERIFY_FAILED") as caught:
            receiver_of(mail, ca_file=None).deliver(notify())
        assert not caught.value.outcome_unknown
        assert mail.messages == []

    def test_tls_from_the_first_byte(self, notify: Any) -> None:
        with Mail(security="tls") as mail:
            receiver_of(mail, security="tls").deliver(notify())
            assert mail.messages[0].protected

    def test_an_open_connection_only_when_it_is_asked_for(self, notify: Any) -> None:
        with Mail(security="none") as mail:
            receiver_of(mail, security="none").deliver(notify())
            assert not mail.messages[0].protected

    def test_it_logs_in_where_a_name_is_set(self, notify: Any) -> None:
        with Mail(needs_login=True) as mail:
            receiver_of(mail, username=USERNAME, password=PASSWORD).deliver(notify())
            assert mail.messages[0].username == USERNAME

    def test_a_wrong_password_is_permanent_and_not_repeated_to_people(self, notify: Any) -> None:
        with Mail(needs_login=True) as mail:
            with pytest.raises(PermanentDeliveryError, match="535") as caught:
                receiver_of(mail, username=USERNAME, password="wrong-password").deliver(notify())
            assert "wrong-password" not in str(caught.value)


class TestAnswers:
    @pytest.mark.parametrize("stage", ["mail", "rcpt", "data"])
    @pytest.mark.parametrize("code", [421, 450, 451, 452])
    def test_a_4xx_reply_is_temporary_at_every_stage(self, mail: Mail, notify: Any, stage: str, code: int) -> None:
        mail.faults.add(code, times=3, stage=stage)
        with pytest.raises(TemporaryDeliveryError, match=str(code)) as caught:
            receiver_of(mail).deliver(notify())
        assert not caught.value.outcome_unknown

    @pytest.mark.parametrize("stage", ["mail", "rcpt", "data"])
    @pytest.mark.parametrize("code", [550, 552, 554])
    def test_a_5xx_reply_is_permanent_at_every_stage(self, mail: Mail, notify: Any, stage: str, code: int) -> None:
        mail.faults.add(code, times=3, stage=stage)
        with pytest.raises(PermanentDeliveryError, match=str(code)):
            receiver_of(mail).deliver(notify())

    def test_a_recipient_that_is_refused_is_named_while_the_others_get_it(self, mail: Mail, notify: Any) -> None:
        mail.faults.add(550, stage="rcpt", recipient="second@example.com")
        receipt = receiver_of(mail).deliver(notify())
        assert receipt.detail.startswith("mail <delivery-1@example.com> to 2 of 3; second@example.com was refused: 550")
        assert mail.messages[0].recipients == ("first@example.com", "third@example.com")

    def test_when_all_are_refused_one_temporary_refusal_is_worth_another_try(self, mail: Mail, notify: Any) -> None:
        mail.faults.add(550, stage="rcpt", times=2)
        mail.faults.add(451, stage="rcpt")
        with pytest.raises(TemporaryDeliveryError, match="no recipient was accepted"):
            receiver_of(mail).deliver(notify())

    def test_a_connection_lost_after_the_message_is_an_unknown_outcome(self, mail: Mail, notify: Any) -> None:
        mail.faults.add("drop-after")
        with pytest.raises(TemporaryDeliveryError) as caught:
            receiver_of(mail).deliver(notify())
        assert caught.value.outcome_unknown
        assert len(mail.messages) == 1

    @pytest.mark.parametrize("goodbye", [b"500 what\r\n", b""], ids=["an odd answer", "no answer"])
    def test_a_message_that_was_taken_is_delivered_however_the_conversation_ends(
        self, notify: Any, hostile: Any, goodbye: bytes
    ) -> None:
        answers = {b"DATA": b"354 go on\r\n", b"QUIT": goodbye}

        def converse(connection: socket.socket, _: threading.Event) -> None:
            connection.sendall(b"220 here\r\n")
            with connection.makefile("rb") as lines:
                for line in lines:
                    command = line[:4].strip().upper()
                    if command == b"QUIT" and not goodbye:
                        return
                    if command in {b"EHLO", b"MAIL", b"RCPT", b"DATA", b"QUIT", b"."}:
                        connection.sendall(answers.get(command, b"250 fine\r\n"))

        with hostile(converse) as port:
            config = EmailConfig(
                host="127.0.0.1", port=port, sender="a@x.example", recipients=("b@x.example",), security=Security.NONE
            )
            assert Email(config).deliver(notify()).detail.endswith("to 1 of 1")

    def test_a_repeat_shows_up_once_in_every_mailbox(self, mail: Mail, notify: Any) -> None:
        for _ in range(2):
            receiver_of(mail).deliver(notify())
        assert len(mail.messages) == 2
        assert all(len(mail.mailbox(person)) == 1 for person in PEOPLE)


class TestConfiguration:
    @pytest.mark.parametrize(
        ("changes", "words"),
        [
            ({"security": "none", "username": "u", "password": "s3cret-word"}, "not sent unprotected"),
            ({"username": "u"}, "belong together"),
            ({"password": "s3cret-word"}, "belong together"),
            ({"recipients": []}, "recipients"),
            ({"recipients": ["a@x.example\r\nBcc: b@x.example"]}, "recipients"),
            ({"recipients": ["On Call <a@x.example>"]}, "recipients"),
            ({"sender": "a@x.example>"}, "sender"),
            ({"username": "u", "password": "s3cret-word\r\n"}, "line ends"),
            ({"security": "maybe"}, "security"),
            ({"ca_file": "no/such/file.pem"}, "ca_file"),
        ],
        ids=[
            "a password without protection",
            "a name without a password",
            "a password without a name",
            "no recipient",
            "a recipient with a header",
            "a recipient with a name in front",
            "a sender that closes its bracket",
            "a password with a line end",
            "an unknown protection",
            "a file that is not there",
        ],
    )
    def test_a_wrong_setting_is_refused_without_quoting_the_password(self, changes: Any, words: str) -> None:
        values = {"host": "mail.example.com", "sender": "a@x.example", "recipients": ["b@x.example"]}
        with pytest.raises(ValueError, match=words) as caught:
            EmailConfig.model_validate({**values, **changes})
        assert "s3cret-word" not in str(caught.value)

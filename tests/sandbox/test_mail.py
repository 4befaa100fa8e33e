"""The sandbox's mail server with the standard library's SMTP client."""

import smtplib
import ssl
from collections.abc import Iterator
from email.message import EmailMessage

import pytest
import requests

from sandbox.mail import PASSWORD, USERNAME, Mail


@pytest.fixture
def mail() -> Iterator[Mail]:
    with Mail() as running:
        yield running


def message(message_id: str = "<1@example.com>") -> EmailMessage:
    made = EmailMessage()
    made["From"], made["To"], made["Subject"] = "a@example.com", "b@example.com", "grüße"
    made["Message-ID"] = message_id
    made.set_content("text\n")
    made.add_alternative("<p>html</p>\n", subtype="html")
    return made


def protected(mail: Mail) -> smtplib.SMTP:
    client = smtplib.SMTP(mail.host, mail.port, timeout=10)
    client.starttls(context=ssl.create_default_context(cafile=str(mail.ca_file)))
    return client


def test_a_message_is_kept_with_envelope_headers_and_bodies(mail: Mail) -> None:
    with protected(mail) as client:
        assert client.send_message(message()) == {}
    (kept,) = mail.messages
    assert (kept.sender, kept.recipients, kept.protected) == ("a@example.com", ("b@example.com",), True)
    assert (kept.subject, kept.text, kept.html) == ("grüße", "text\n", "<p>html</p>\n")


def test_mail_is_refused_before_starttls(mail: Mail) -> None:
    with smtplib.SMTP(mail.host, mail.port, timeout=10) as client, pytest.raises(smtplib.SMTPSenderRefused) as caught:
        client.send_message(message())
    assert caught.value.smtp_code == 530


def test_its_certificate_is_not_trusted_by_anybody_else(mail: Mail) -> None:
    client = smtplib.SMTP(mail.host, mail.port, timeout=10)
    try:
        with pytest.raises(ssl.SSLCertVerificationError):
            client.starttls(context=ssl.create_default_context())
    finally:
        client.close()


@pytest.mark.parametrize(("password", "accepted"), [(PASSWORD, True), ("wrong", False)])
def test_a_login_is_checked(password: str, accepted: bool) -> None:
    with Mail(needs_login=True) as mail, protected(mail) as client:
        if accepted:
            client.login(USERNAME, password)
            client.send_message(message())
            assert mail.messages[0].username == USERNAME
        else:
            with pytest.raises(smtplib.SMTPAuthenticationError):
                client.login(USERNAME, password)


def test_without_the_login_that_it_needs_no_mail_is_taken() -> None:
    with Mail(needs_login=True) as mail, protected(mail) as client:
        with pytest.raises(smtplib.SMTPSenderRefused):
            client.send_message(message())
        assert mail.messages == []


def test_a_mailbox_shows_a_message_id_once(mail: Mail) -> None:
    for message_id in ("<1@example.com>", "<2@example.com>", "<1@example.com>"):
        with protected(mail) as client:
            client.send_message(message(message_id))
    assert len(mail.messages) == 3
    assert sorted(kept.message_id for kept in mail.mailbox("b@example.com")) == ["<1@example.com>", "<2@example.com>"]
    assert mail.mailbox("nobody@example.com") == []


@pytest.mark.parametrize(
    ("stage", "code", "error"),
    [
        ("mail", 451, smtplib.SMTPSenderRefused),
        ("rcpt", 550, smtplib.SMTPRecipientsRefused),
        ("data", 421, smtplib.SMTPDataError),
    ],
)
def test_a_status_is_answered_at_its_stage_without_effect(
    mail: Mail, stage: str, code: int, error: type[Exception]
) -> None:
    body = {"match": {"stage": stage}, "answer": code, "times": 1}
    assert requests.post(f"{mail.address}/sandbox/faults", json=body, timeout=10).status_code == 200
    with protected(mail) as client, pytest.raises(error, match=str(code)):
        client.send_message(message())
    assert mail.messages == []
    with protected(mail) as client:
        client.send_message(message())
    assert len(mail.messages) == 1


@pytest.mark.parametrize(("answer", "kept"), [("drop-before", 0), ("drop-after", 1)])
def test_a_connection_is_dropped_before_or_after_the_message_is_taken(mail: Mail, answer: str, kept: int) -> None:
    mail.faults.add(answer)
    client = protected(mail)
    with pytest.raises((smtplib.SMTPServerDisconnected, ConnectionError, ssl.SSLError)):
        client.send_message(message())
    client.close()
    assert len(mail.messages) == kept


@pytest.mark.parametrize(("answer", "kept"), [("hang-before", 0), ("hang-after", 1)])
def test_an_answer_hangs_until_the_faults_are_cleared(mail: Mail, answer: str, kept: int) -> None:
    mail.faults.add(answer)
    client = protected(mail)
    client.timeout = 0.2
    assert client.sock is not None
    client.sock.settimeout(0.2)
    with pytest.raises(smtplib.SMTPServerDisconnected, match="timed out"):
        client.send_message(message())
    client.close()
    mail.faults.wait_for_hanging(1)
    assert len(mail.messages) == kept
    requests.delete(f"{mail.address}/sandbox/faults", timeout=10)
    with protected(mail) as another:
        another.send_message(message())
    assert len(mail.messages) == kept + 1


def test_what_it_keeps_can_be_asked_for(mail: Mail) -> None:
    with protected(mail) as client:
        client.send_message(message())
    (shown,) = requests.get(f"{mail.address}/sandbox/messages", timeout=10).json()
    assert shown["subject"] == "grüße"
    assert shown["headers"]["Message-ID"] == "<1@example.com>"
    assert shown["text"] == "text\n"

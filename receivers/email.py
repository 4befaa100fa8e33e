"""Mail: one message for each notification, all of an incident in one thread, handed to a submission server by SMTP.

Called by the responder's engine. Sources: RFC 5321 (SMTP), RFC 3207 (STARTTLS), RFC 6409 (submission). What a message
says is ``email_message.py``.

A repeated delivery carries the same Message-ID, by which mailboxes show it once. When the server takes the message for
some recipients only, it is delivered and the receipt names the others: sending it again would tell the first ones
twice.
"""

import smtplib
import ssl
from collections.abc import Mapping
from enum import StrEnum
from typing import ClassVar, Self

from pydantic import Field, FilePath, SecretStr, field_validator, model_validator

from firebrigade.receivers.addresses import is_loopback
from firebrigade.receivers.answers import answered, was_not_sent
from firebrigade.receivers.contract import (
    DeliveryError,
    Notification,
    PermanentDeliveryError,
    Reach,
    Receipt,
    ReceiverConfig,
    TemporaryDeliveryError,
)
from firebrigade.receivers.deadline import deliver_within
from firebrigade.receivers.email_message import MailAddress, compose
from firebrigade.receivers.redaction import secrets_of, what_it_said
from firebrigade.receivers.text import one_line

# UnicodeError: smtplib encodes what it sends, and what the server says, as ASCII.
_CLIENT_ERRORS = (smtplib.SMTPException, OSError, UnicodeError)


class Security(StrEnum):
    """How the connection is protected."""

    STARTTLS = "starttls"  # refused when the server does not offer it; never falls back
    TLS = "tls"  # from the first byte, usually port 465
    NONE = "none"


class EmailConfig(ReceiverConfig):
    """One submission server, one sender, the recipients.

    Attributes:
        sender: the From address; its domain also stands in the Message-IDs.
        recipients: who gets the mail, at least one.
        security: ``starttls`` (default), ``tls`` or ``none``; a password needs one of the first two, or this machine.
        ca_file: certificate authorities to trust instead of the system's.
        timeout_seconds: how long to wait for each answer.
    """

    host: str = Field(min_length=1)
    port: int = Field(default=587, ge=1, le=65535)
    sender: MailAddress
    recipients: tuple[MailAddress, ...] = Field(min_length=1, max_length=50)
    security: Security = Security.STARTTLS
    username: str = ""
    password: SecretStr = SecretStr("")
    ca_file: FilePath | None = None
    timeout_seconds: float = Field(default=10, gt=0, le=10)

    @field_validator("password")
    @classmethod
    def _fits_smtp(cls, password: SecretStr) -> SecretStr:
        if any(c in password.get_secret_value() for c in "\r\n\0"):
            raise ValueError("must not have line ends")
        return password

    @model_validator(mode="after")
    def _is_safe(self) -> Self:
        if bool(self.username) != bool(self.password.get_secret_value()):
            raise ValueError("username and password belong together: set both or none")
        if self.username and self.security is Security.NONE and not is_loopback(self.host):
            raise ValueError("a password is not sent unprotected: set security to starttls or tls")
        return self


class Email:
    """Sends notifications as mail."""

    NAME: ClassVar[str] = "email"
    LIVING: ClassVar[bool] = False
    REACHES: ClassVar[Reach] = Reach.READER
    Config: ClassVar[type[ReceiverConfig]] = EmailConfig

    def __init__(self, config: EmailConfig) -> None:
        self._config = config
        self._secrets = secrets_of(config)

    def __repr__(self) -> str:
        return f"Email(host={self._config.host!r}, recipients={list(self._config.recipients)!r})"

    def deliver(self, notification: Notification) -> Receipt:
        """Hand the message to the server.

        Raises:
            TemporaryDeliveryError: a 4xx reply, no connection, or no answer.
            PermanentDeliveryError: a 5xx reply, no STARTTLS, or every recipient refused for good.
        """
        message = compose(notification, self._config.sender, self._config.recipients)
        refused = deliver_within(self._config.timeout_seconds, lambda _: self._send(message.as_bytes()))
        accepted = len(self._config.recipients) - len(refused)
        detail = f"mail {message['Message-ID']} to {accepted} of {len(self._config.recipients)}"
        return Receipt(reference={"root": str(message["References"])}, detail=detail + self._refusals(refused))

    def _send(self, message: bytes) -> Mapping[str, tuple[int, bytes]]:
        return answered(lambda: self._submit(message), _CLIENT_ERRORS, self._failure)

    def _submit(self, message: bytes) -> Mapping[str, tuple[int, bytes]]:
        with _Session(self._config) as smtp:
            if self._config.security is Security.STARTTLS:
                smtp.starttls(context=_tls(self._config))
            if self._config.username:
                smtp.login(self._config.username, self._config.password.get_secret_value())
            return smtp.sendmail(self._config.sender, self._config.recipients, message)

    def _failure(self, error: Exception) -> DeliveryError:
        if isinstance(error, smtplib.SMTPRecipientsRefused):
            return self._all_refused(error.recipients)
        if isinstance(error, smtplib.SMTPResponseException) and error.smtp_code >= 0:
            return _from_reply(error.smtp_code, what_it_said(_decoded(error.smtp_error), self._secrets))
        said = what_it_said(f"{type(error).__name__}: {error}", self._secrets)
        if isinstance(error, smtplib.SMTPNotSupportedError):
            return PermanentDeliveryError(f"the mail server can't do what is configured: {said}")
        unsent = was_not_sent(error) or isinstance(error, smtplib.SMTPConnectError)
        return TemporaryDeliveryError(f"the mail server did not answer: {said}", outcome_unknown=not unsent)

    def _all_refused(self, refused: Mapping[str, tuple[int, bytes]]) -> DeliveryError:
        message = f"no recipient was accepted{self._refusals(refused)}"
        if all(code >= 500 for code, _ in refused.values()):
            return PermanentDeliveryError(message)
        return TemporaryDeliveryError(message)

    def _refusals(self, refused: Mapping[str, tuple[int, bytes]]) -> str:
        replies = [
            f"; {one_line(address, 100)} was refused: {code} {what_it_said(_decoded(said), self._secrets)}"
            for address, (code, said) in refused.items()
        ]
        return "".join(replies)


class _Session(smtplib.SMTP):
    """A connection as the configuration wants it; leaving it after the message was accepted raises nothing."""

    def __init__(self, config: EmailConfig) -> None:
        # Named after the sender's domain: smtplib would ask the name server for this machine's, without a time-out.
        domain = config.sender.rpartition("@")[2]
        self._wrap = _tls(config) if config.security is Security.TLS else None
        super().__init__(config.host, config.port, local_hostname=domain, timeout=config.timeout_seconds)

    def _get_socket(self, host: str, port: int, timeout: float) -> ssl.SSLSocket:
        plain = super()._get_socket(host, port, timeout)  # type: ignore[misc]  # as smtplib.SMTP_SSL does it
        return self._wrap.wrap_socket(plain, server_hostname=host) if self._wrap else plain

    def __exit__(self, *exc_info: object) -> None:
        # smtplib sends QUIT here and raises when its answer is odd: a message that was accepted would count as failed.
        try:
            self.docmd("QUIT")
        except (smtplib.SMTPException, OSError):
            pass
        finally:
            self.close()


def _tls(config: EmailConfig) -> ssl.SSLContext:
    return ssl.create_default_context(cafile=str(config.ca_file) if config.ca_file else None)


def _from_reply(code: int, said: str) -> DeliveryError:
    message = f"the mail server answered {code}: {said}"
    return PermanentDeliveryError(message) if 500 <= code < 600 else TemporaryDeliveryError(message)


def _decoded(said: bytes | str) -> str:
    return said.decode("utf-8", "replace") if isinstance(said, bytes) else said

"""One SMTP conversation of the sandbox's mail server: aiosmtpd calls it for each command. Made by ``mail.py``."""

import asyncio
from typing import Any, Protocol

from aiosmtpd.smtp import SMTP, Envelope, Session

from sandbox.faults import Fault, Faults
from sandbox.mail_message import Message, parse

_WORDS = {421: "4.3.2 Service not available, closing channel", 451: "4.3.0 Local error", 550: "5.1.1 Not here"}


class MessageKeeper(Protocol):
    """What a session needs of its server."""

    faults: Faults
    security: str

    def keep(self, message: Message) -> None:
        """Take a message over."""
        ...


class MailSession:
    """Answers MAIL, RCPT and DATA, well or as a fault says."""

    def __init__(self, mail: MessageKeeper) -> None:
        self._mail = mail

    async def handle_MAIL(  # noqa: N802 - aiosmtpd's name and arguments
        self,
        server: SMTP,
        session: Session,  # noqa: ARG002
        envelope: Envelope,
        address: str,
        options: list[str],
    ) -> str:
        """Take the sender."""
        refusal = await self._misbehave(server, self._mail.faults.take({"stage": "mail", "sender": address}))
        if not refusal:
            envelope.mail_from = address
            envelope.mail_options.extend(options)
        return refusal or "250 2.1.0 Sender taken"

    async def handle_RCPT(  # noqa: N802 - aiosmtpd's name and arguments
        self,
        server: SMTP,
        session: Session,  # noqa: ARG002
        envelope: Envelope,
        address: str,
        options: list[str],  # noqa: ARG002
    ) -> str:
        """Take a recipient."""
        facts = {"stage": "rcpt", "recipient": address, "sender": envelope.mail_from or ""}
        refusal = await self._misbehave(server, self._mail.faults.take(facts))
        if not refusal:
            envelope.rcpt_tos.append(address)
        return refusal or "250 2.1.5 Recipient taken"

    async def handle_DATA(self, server: SMTP, session: Session, envelope: Envelope) -> str:  # noqa: N802 - aiosmtpd's name
        """Take the message."""
        fault = self._mail.faults.take({"stage": "data", "sender": envelope.mail_from or ""})
        has_effect = fault is None or str(fault.answer).endswith("-after")
        if has_effect:
            protected = session.ssl is not None or self._mail.security == "tls"
            self._mail.keep(_message(session, envelope, protected=protected))
        return await self._misbehave(server, fault) or "250 2.0.0 Message taken"

    async def _misbehave(self, server: SMTP, fault: Fault | None) -> str:
        if fault is None:
            return ""
        if isinstance(fault.answer, int):
            return f"{fault.answer} {fault.error or _WORDS.get(fault.answer, 'as the sandbox was told')}"
        if fault.answer.startswith("hang"):
            await asyncio.to_thread(self._mail.faults.hang)
        if isinstance(server.transport, asyncio.Transport):
            server.transport.abort()
        await asyncio.Event().wait()  # aiosmtpd cancels this when it sees that the connection is gone
        return ""


def _message(session: Session, envelope: Envelope, *, protected: bool) -> Message:
    raw = envelope.original_content or b""
    login: Any = session.auth_data
    return Message(
        sender=envelope.mail_from or "",
        recipients=tuple(envelope.rcpt_tos),
        parsed=parse(raw),
        raw=raw,
        protected=protected,
        username=getattr(login, "login", b"").decode("utf-8", "replace"),
    )

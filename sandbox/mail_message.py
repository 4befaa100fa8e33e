"""A message as the sandbox's mail server took it over: the envelope, and the parsed headers and bodies."""

import email
from dataclasses import dataclass
from email.message import EmailMessage
from email.policy import default
from typing import Any


@dataclass(frozen=True, slots=True, kw_only=True)
class Message:
    """One message.

    Attributes:
        sender: the envelope's sender.
        recipients: the envelope's recipients that were accepted.
        parsed: headers and bodies.
        raw: the bytes after DATA.
        protected: whether it came over TLS.
        username: who had logged in, or empty.
    """

    sender: str
    recipients: tuple[str, ...]
    parsed: EmailMessage
    raw: bytes
    protected: bool
    username: str

    @property
    def message_id(self) -> str:
        """Return the Message-ID header."""
        return self.header("Message-ID")

    @property
    def subject(self) -> str:
        """Return the decoded subject."""
        return self.header("Subject")

    @property
    def text(self) -> str:
        """Return the plain text."""
        return self._body("plain")

    @property
    def html(self) -> str:
        """Return the HTML."""
        return self._body("html")

    def header(self, name: str) -> str:
        """Return a decoded header, empty when there is none."""
        return str(self.parsed[name] or "")

    def _body(self, kind: str) -> str:
        part = self.parsed.get_body(preferencelist=(kind,))
        return str(part.get_content()).replace("\r\n", "\n") if part else ""

    def as_json(self) -> dict[str, Any]:
        """Return what ``GET /sandbox/messages`` shows."""
        names = ("From", "To", "Date", "Message-ID", "In-Reply-To", "References", "Auto-Submitted")
        return {
            "sender": self.sender,
            "recipients": list(self.recipients),
            "subject": self.subject,
            "headers": {name: self.header(name) for name in names},
            "text": self.text,
            "html": self.html,
            "protected": self.protected,
            "username": self.username,
        }


def parse(raw: bytes) -> EmailMessage:
    """Parse a message with the library's modern policy."""
    return email.message_from_bytes(raw, policy=default)

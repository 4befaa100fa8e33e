"""Who may post alerts and who may use the API: bearer tokens and basic authentication. Pure: header in, answer out.

``webhook.py`` and ``api.py`` ask it for every request. It keeps digests instead of secrets, so that no repr, error or
memory dump of it gives one away.

Source: https://www.rfc-editor.org/rfc/rfc6750 and https://www.rfc-editor.org/rfc/rfc7617
"""

import base64
import binascii
import hashlib
import hmac
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

from pydantic import SecretStr

REALM = "firebrigade"
ANYONE = "anyone"


@dataclass(frozen=True, slots=True)
class Credential:
    """One accepted ``Authorization`` header: its scheme, whom it stands for, and the SHA-256 of what comes with it."""

    scheme: str
    actor: str
    digest: bytes = field(repr=False)


@dataclass(frozen=True, slots=True, kw_only=True)
class Credentials:
    """What opens a door. Without any credential it is closed, unless it is ``open_to_anyone`` (``--insecure``)."""

    accepted: tuple[Credential, ...] = ()
    open_to_anyone: bool = False

    @property
    def configured(self) -> bool:
        """Whether there is anything to present."""
        return bool(self.accepted)

    def identify(self, authorization: str | None) -> str | None:
        """Return whom an ``Authorization`` header's value stands for, or None: it is not let in.

        Every credential is compared, each in constant time, so the time taken says nothing about how much was right.
        """
        if not self.accepted:
            return ANYONE if self.open_to_anyone else None
        scheme, presented = _read_authorization(authorization)
        digest = _digest(presented)
        actor = None
        for credential in self.accepted:
            same = hmac.compare_digest(credential.digest, digest)
            if same and credential.scheme == scheme:
                actor = credential.actor
        return actor

    @property
    def challenges(self) -> tuple[str, ...]:
        """The values of ``WWW-Authenticate`` for a 401, one for each way to get in."""
        schemes = {credential.scheme for credential in self.accepted} or {"bearer"}
        offered = {"basic": f'Basic realm="{REALM}", charset="UTF-8"', "bearer": f'Bearer realm="{REALM}"'}
        return tuple(challenge for scheme, challenge in offered.items() if scheme in schemes)


@dataclass(frozen=True, slots=True, kw_only=True)
class Access:
    """The doors of the service.

    Attributes:
        approvers: who may approve and reject plans, by name; they may use the API as well. Never open to anyone.
    """

    webhook: Credentials
    api: Credentials
    approvers: Credentials = field(default_factory=Credentials)


def make_credentials(
    *, bearer_tokens: Sequence[SecretStr] = (), passwords: Mapping[str, SecretStr] | None = None, insecure: bool = False
) -> Credentials:
    """Return credentials of which any one is enough.

    Args:
        bearer_tokens: accepted as ``Authorization: Bearer …``.
        passwords: user name to password, accepted as ``Authorization: Basic …``.
        insecure: without any credential, let everybody in instead of nobody.
    """
    bearers = [Credential("bearer", "bearer", _digest(token.get_secret_value().encode())) for token in bearer_tokens]
    basics = [
        Credential("basic", user, _digest(f"{user}:{password.get_secret_value()}".encode()))
        for user, password in (passwords or {}).items()
    ]
    return Credentials(accepted=(*bearers, *basics), open_to_anyone=insecure)


def make_approvers(tokens: Mapping[str, SecretStr]) -> Credentials:
    """Return the credentials of approvers: a bearer token each, which stands for its name."""
    held = ((name, token.get_secret_value().encode()) for name, token in tokens.items())
    return Credentials(accepted=tuple(Credential("bearer", name, _digest(token)) for name, token in held))


def _read_authorization(authorization: str | None) -> tuple[str, bytes]:
    scheme, _, rest = (authorization or "").strip(" \t").partition(" ")
    # WSGI hands bytes over as Latin-1 characters (PEP 3333).
    presented = rest.strip(" \t").encode("latin-1", errors="replace")
    if scheme.lower() != "basic":
        return scheme.lower(), presented
    try:
        return "basic", base64.b64decode(presented, validate=True)
    except binascii.Error:
        return "unreadable", b""


def _digest(secret: bytes) -> bytes:
    return hashlib.sha256(secret).digest()

"""Keeps the clients' credentials out of the words of the servers that they ask. Pure.

``kube.py``, ``prometheus.py`` and ``supervisor.py`` call it on what a server said: it goes to timelines, pages and
chats, and a careless proxy repeats the request that it refuses. Like ``receivers/redaction.py``, which a folder that
stands by itself can't use.
"""

import json
from base64 import b64encode
from collections.abc import Iterable, Iterator
from urllib.parse import quote, quote_plus

_REMOVED = "[secret]"


def redact(text: str, secrets: Iterable[str]) -> str:
    """Remove the secrets, also where they are percent-encoded, JSON-escaped or in base64.

    Call it before the text is cut: half a secret matches nothing.
    """
    written = {spelling for secret in secrets if secret for spelling in _spellings(secret)}
    for spelling in sorted(written, key=len, reverse=True):
        text = text.replace(spelling, _REMOVED)
    return text


def _spellings(secret: str) -> Iterator[str]:
    yield from (secret, quote(secret, safe=""), quote_plus(secret), json.dumps(secret)[1:-1])
    raw = secret.encode()
    for before in range(3):
        # What stands beside the secret shares the characters at its ends.
        encoded = b64encode(b"\0" * before + raw).decode()
        core = encoded[-(-before * 8 // 6) : (before + len(raw)) * 8 // 6]
        yield from {core} if len(core) >= len(raw) > 4 else ()

"""Keeps credentials out of timelines, pages and chats: the clients' own, and others' that look like one. Pure.

``kube.py``, ``prometheus.py`` and ``supervisor.py`` call it on what a server said: a careless proxy repeats the request
that it refuses. Like ``receivers/redaction.py``, which a folder that stands by itself can't use.
"""

import json
import re
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


# Names that tell of a secret, with what stands behind them; then what is recognized by its own form.
_NAMED = re.compile(
    r"""(?ix) (?<![\w.-]) (?P<name> ["']? [\w.-]*? (?: secret | token | passw(?:or)?d | passphrase | pwd | cookie
        | api[_-]?key | access[_-]?key | private[_-]?key | credential s? | dsn ) [\w.-]* ["']? \s* (?: = | : ) \s* )
        (?: "(?:[^"\\]|\\.)*"? | '(?:[^'\\]|\\.)*'? | [^\s,;&"']+ )"""
)
_FORMS = (
    re.compile(r"(?i)\b(?P<name>(?:proxy-)?authorization\s*[:=]\s*).+"),
    re.compile(r"(?i)\b(?P<name>(?:bearer|basic)\s+)[A-Za-z0-9+/=._~-]{8,}"),
    re.compile(r"(?P<name>[a-zA-Z][a-zA-Z0-9+.-]*://)[^/\s@'\"]+@"),
    re.compile(r"(?P<name>)\beyJ[A-Za-z0-9_-]{8,}\.[A-Za-z0-9_-]{8,}(?:\.[A-Za-z0-9_-]*)?"),  # a JSON web token
    re.compile(r"(?P<name>)\b(?:AKIA|ASIA)[A-Z0-9]{16}\b"),
    re.compile(r"(?P<name>)\b(?:gh[pousr]_|github_pat_|glpat-|xox[a-z]-|sk-|sk_live_)[A-Za-z0-9_-]{10,}"),
)
_PEM_BEGIN = re.compile(r"-----BEGIN [A-Z ]*PRIVATE KEY-----")
_PEM_END = re.compile(r"-----END [A-Z ]*PRIVATE KEY-----")


def redact_foreign(lines: Iterable[str]) -> list[str]:
    """Return lines of somebody else's log without what looks like a credential.

    The secrets are not known, so this goes by the names before them and by their forms; a net with holes, which is why
    a log is kept for the incident only, and put into messages only where a runbook says so.

    Args:
        lines: of at most some 1,000 characters each: the time for one grows with the square of its length.
    """
    kept: list[str] = []
    in_key, since = False, 0
    for line in lines:
        begins, ends = _PEM_BEGIN.search(line), _PEM_END.search(line)
        if ends and not in_key and not begins:  # it began before the first line: which of them are key, nobody knows
            kept[since:] = [_REMOVED] * (len(kept) - since)
        kept.append(_REMOVED if in_key or begins or ends else _without_forms(line))
        in_key = (in_key or bool(begins)) and not ends
        since = len(kept) if ends else since
    return kept


def _without_forms(line: str) -> str:
    for form in (*_FORMS, _NAMED):
        line = form.sub(lambda found: f"{found['name']}{_REMOVED}", line)
    return line


def _spellings(secret: str) -> Iterator[str]:
    yield from (secret, quote(secret, safe=""), quote_plus(secret), json.dumps(secret)[1:-1])
    raw = secret.encode()
    for before in range(3):
        # What stands beside the secret shares the characters at its ends.
        encoded = b64encode(b"\0" * before + raw).decode()
        core = encoded[-(-before * 8 // 6) : (before + len(raw)) * 8 // 6]
        yield from {core} if len(core) >= len(raw) > 4 else ()

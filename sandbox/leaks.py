"""Looks for planted secrets in what people may read, in every spelling that a careless program could give them. Pure.

Written apart from the redaction that it judges: what both forgot would never be found.
"""

import base64
import json
from collections.abc import Mapping
from urllib.parse import quote, quote_plus


def leaks(text: str, secrets: Mapping[str, str]) -> list[str]:
    """Return the names of the secrets that stand in a text, each with what surrounds it."""
    return [
        f"{name}: …{text[max(0, at - 80) : at + 120]}…"
        for name, secret in secrets.items()
        for spelling in spellings(secret)
        if (at := text.find(spelling)) >= 0
    ]


def spellings(secret: str) -> set[str]:
    """Return how a secret may be written: as it is, escaped, percent-encoded, in hex, in base64 at any offset."""
    raw = secret.encode()
    spelled = {secret, quote(secret), quote(secret, safe=""), quote_plus(secret), json.dumps(secret)[1:-1]}
    spelled |= {repr(secret)[1:-1], raw.hex(), json.dumps(repr(secret))[1:-1]}
    for offset in range(3):
        encoded = base64.b64encode(b"\0" * offset + raw).decode()
        # The characters at both ends also hold bits of what stands beside the secret.
        core = encoded[(0, 2, 3)[offset] : (offset + len(raw)) * 8 // 6]
        spelled |= {core, core.replace("+", "-").replace("/", "_"), quote(core, safe="")}
    return spelled

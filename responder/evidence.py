"""What the timeline keeps as evidence of an action: its plan, what it changed, what was seen when it was judged. Pure.

``engine/runner.py`` calls it for each entry, so that the chain of the timeline covers the evidence. The rows of the
steps hold the same for the engine; this is the copy that can't be changed unnoticed.
"""

import hashlib
import json
from collections.abc import Mapping
from typing import Any

from firebrigade.responder.redaction import Redactor

MOST_CHARACTERS = 8_000  # of one piece as JSON; the timeline of an open incident is read again and again
_REDACTOR = Redactor()


def kept(evidence: Mapping[str, Any]) -> dict[str, Any]:
    """Return evidence as the timeline keeps it, without secrets; empty pieces are left out.

    Args:
        evidence: JSON by name: ``planned`` (a plan), ``changed`` (a change that was read back), ``seen`` (a look).

    Returns:
        The same; for a piece above ``MOST_CHARACTERS``, how long it was and its SHA-256 instead.
    """
    return {name: _piece(piece) for name, piece in evidence.items() if piece}


def _piece(piece: Any) -> Any:
    clean = _REDACTOR.value(piece)
    text = json.dumps(clean, sort_keys=True)
    if len(text) <= MOST_CHARACTERS:
        return clean
    return {"characters": len(text), "sha256": hashlib.sha256(text.encode("ascii")).hexdigest()}

"""What the timeline keeps as evidence of an action: its plan, what it changed, what was seen when it was judged. Pure.

``engine/runner.py`` calls it for each entry, so that the chain of the timeline covers the evidence. The rows of the
steps hold the same for the engine; this is the copy that can't be changed unnoticed.
"""

import hashlib
import json
from collections.abc import Mapping
from datetime import datetime
from typing import Any

from firebrigade.responder.case import RESPONDER
from firebrigade.responder.model import TimelineEntry
from firebrigade.responder.model_steps import StepResult
from firebrigade.responder.redaction import Redactor

MOST_CHARACTERS = 8_000  # of one piece as JSON; the timeline of an open incident is read again and again
_REDACTOR = Redactor()


def kept(evidence: Mapping[str, Any]) -> dict[str, Any]:
    """Return evidence as the timeline keeps it, without secrets; empty pieces are left out.

    Args:
        evidence: JSON by name: ``planned`` (a plan), ``changed`` (a change that was read back), ``seen`` (a look),
            ``read`` (what a step that only reads has found).

    Returns:
        The same; for a piece above ``MOST_CHARACTERS``, how long it was and its SHA-256 instead.
    """
    return {name: _piece(piece) for name, piece in evidence.items() if piece}


def step_entry(step: StepResult, now: datetime, kind: str, detail: str, **evidence: Any) -> TimelineEntry:
    """Return what the timeline says of a step, with the evidence as it keeps it."""
    data = {"step": step.name, "action": step.action, "step_id": step.step_id, **kept(evidence)}
    return TimelineEntry(at=now, kind=kind, actor=RESPONDER, detail=f"{step.name}: {detail}", data=data)


def _piece(piece: Any) -> Any:
    clean = _REDACTOR.value(piece)
    text = json.dumps(clean, sort_keys=True)
    if len(text) <= MOST_CHARACTERS:
        return clean
    return {"characters": len(text), "sha256": hashlib.sha256(text.encode("ascii")).hexdigest()}

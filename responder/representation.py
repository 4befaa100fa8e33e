"""The records of an incident as JSON, for the API and the command line. Pure.

Times are RFC 3339 in UTC, durations are seconds and say so in their names. What only the engine needs (leases, fences)
is left out. Labels and annotations are handed over as they came: whoever shows them escapes them.
"""

from collections.abc import Mapping, Sequence
from dataclasses import fields, is_dataclass
from datetime import datetime, timedelta
from enum import Enum
from typing import Any

from firebrigade.responder.approval import hash_of
from firebrigade.responder.chain import Chain, Link, broken
from firebrigade.responder.model import IncidentAlert
from firebrigade.responder.model_steps import StepResult
from firebrigade.responder.timestamps import format_rfc3339
from firebrigade.responder.trust import Standing
from firebrigade.responder.trust_chain import TrustChain
from firebrigade.responder.trust_chain import broken as lacks

JsonValue = Any
_INTERNAL = frozenset({"fence", "lease_until"})


def represent_alert(alert: IncidentAlert) -> dict[str, JsonValue]:
    """Return an alert with the time that it was last heard of."""
    return {**represent(alert.alert), "last_seen_at": format_rfc3339(alert.last_seen_at)}


def represent_link(link: Link) -> dict[str, JsonValue]:
    """Return a timeline entry with its place in the chain."""
    return {**represent(link.entry), "sequence": link.sequence, "previous": link.previous, "hash": link.hash}


def represent_chain(chain: Chain) -> dict[str, JsonValue]:
    """Return how long an incident's chain is, where it ends, and where it is broken."""
    return {
        "incident_id": chain.incident_id,
        "entries": len(chain.links),
        "head": chain.head.hash,
        "problems": [represent(problem) for problem in broken(chain)],
    }


def represent_step(step: StepResult) -> dict[str, JsonValue]:
    """Return a step with its number for people and the hash by which its plan is approved."""
    return {**represent(step), "number": step.number, "plan_hash": hash_of(step)}


def represent_standing(standing: Standing) -> dict[str, JsonValue]:
    """Return where a runbook stands, with the sentence that people are told."""
    return {**represent(standing), "words": standing.words}


def represent_trust_chain(chain: TrustChain, heads: Sequence[str]) -> dict[str, JsonValue]:
    """Return how long the ledger of trust is, where it ends, and where it is broken or lacks a head that was kept."""
    problems = [{"entry": entry, "summary": f"the ledger of trust: {words}"} for entry, words in lacks(chain, heads)]
    return {"entries": len(chain.links), "head": chain.head.hash, "problems": problems}


def represent(record: Any) -> dict[str, JsonValue]:
    """Return a record's public fields under their own names; ``record`` is an instance of one of ``model``'s."""
    values = ((field.name, getattr(record, field.name)) for field in fields(record) if field.name not in _INTERNAL)
    return dict(_represent_field(name, value) for name, value in values)


def _represent_field(name: str, value: object) -> tuple[str, JsonValue]:
    if isinstance(value, timedelta):
        return f"{name}_seconds", value.total_seconds()
    return name, _represent_value(value)


def _represent_value(value: object) -> JsonValue:
    if isinstance(value, datetime):
        return format_rfc3339(value)
    if isinstance(value, timedelta):
        return value.total_seconds()
    if isinstance(value, Enum):
        return value.value
    if isinstance(value, Mapping):
        return {str(name): _represent_value(item) for name, item in value.items()}
    if isinstance(value, list | tuple):
        return [_represent_value(item) for item in value]
    if is_dataclass(value) and not isinstance(value, type):
        return represent(value)
    return value

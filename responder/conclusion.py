"""What a comparison with Alertmanager means for an incident: who is still seen, who is over, who is silenced. Pure.

``reconcile.py`` finds out how each alert stands; the engine's reconciler brings the two together.
"""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta

from firebrigade.responder.case import Case
from firebrigade.responder.model import Incident, IncidentStatus, TimelineEntry
from firebrigade.responder.reconcile import Reconciliation, Standing

RECONCILER = "reconciler"
EXPIRY = "expiry"

_OVER = {Standing.RESOLVED: RECONCILER, Standing.EXPIRED: EXPIRY}
_SEEN = {Standing.ACTIVE, Standing.SUPPRESSED}


@dataclass(frozen=True, slots=True, kw_only=True)
class Conclusion:
    """What is to be written down.

    Attributes:
        incident: as changed, or None.
        seen: the fingerprints of alerts that still fire.
        ended: the fingerprints of alerts that are over.
    """

    incident: Incident | None = None
    entries: tuple[TimelineEntry, ...] = ()
    seen: tuple[str, ...] = ()
    ended: tuple[str, ...] = ()


def conclude(
    case: Case, found: Sequence[Reconciliation], look_again_after: timedelta, expire_after: timedelta | None = None
) -> Conclusion:
    """Decide what a comparison means.

    Args:
        case: the incident, which is open.
        found: how each of its firing alerts stands.
        look_again_after: for how long a suppression without a known end counts: a little more than until the next look.
        expire_after: for how long an incident without firing alerts may wait for what was left out of its group.
    """
    over = [one for one in found if one.standing in _OVER]
    entries = [_ended(case, one) for one in over]
    incident = _silenced(case.incident, found, case.now, look_again_after)
    if over:
        incident = replace(incident, news=incident.news + 1, updated_at=case.now, next_due_at=case.now)
    ending = _ending(case, found, over, expire_after)
    if ending is not None:
        by, detail = ending
        entries.append(TimelineEntry(at=case.now, kind="resolved", actor=by, detail=detail))
        incident = replace(incident, status=IncidentStatus.RESOLVED, resolved_at=case.now, resolved_by=by)
        incident = replace(incident, next_due_at=case.now, updated_at=case.now)
    return Conclusion(
        incident=incident if incident != case.incident else None,
        entries=tuple(entries),
        seen=tuple(one.fingerprint for one in found if one.standing in _SEEN),
        ended=tuple(one.fingerprint for one in over),
    )


def _ending(
    case: Case, found: Sequence[Reconciliation], over: Sequence[Reconciliation], expire_after: timedelta | None
) -> tuple[str, str] | None:
    """Return who ends the incident and in which words, or None while an alert fires, or may fire unseen."""
    if len(over) < len(found):
        return None
    if case.incident.incomplete:
        seen_at = max((held.last_seen_at for held in case.alerts), default=case.incident.opened_at)
        if expire_after is None or case.now - seen_at < expire_after:
            return None
        return EXPIRY, f"given up: no news since {seen_at:%Y-%m-%d %H:%M} UTC, and its group was never completed"
    if over and over[-1].standing is Standing.EXPIRED:
        return EXPIRY, f"given up: {over[-1].reason}"
    return RECONCILER, "every alert is resolved"


def _ended(case: Case, one: Reconciliation) -> TimelineEntry:
    held = next(held for held in case.alerts if held.alert.fingerprint == one.fingerprint)
    name = held.alert.labels.get("alertname", one.fingerprint)
    data = {"fingerprint": one.fingerprint}
    actor = _OVER[one.standing]
    return TimelineEntry(at=case.now, kind="alert_resolved", actor=actor, detail=f"{name}: {one.reason}", data=data)


def _silenced(
    incident: Incident, found: Sequence[Reconciliation], now: datetime, look_again_after: timedelta
) -> Incident:
    """An incident is silenced while every alert of it that still fires is; what is not known leaves it as it was."""
    firing = [one for one in found if one.standing not in _OVER]
    if not firing or any(one.standing is Standing.UNKNOWN for one in firing):
        return incident
    if any(one.standing is Standing.ACTIVE for one in firing):
        if incident.silenced_until is None:
            return incident
        return replace(incident, silenced_by="", silenced_until=None, next_due_at=now)
    first = min(firing, key=lambda one: one.suppressed_until or now + look_again_after)
    until = first.suppressed_until or now + look_again_after
    if incident.silenced_until == until:
        return incident
    return replace(incident, silenced_by=_why(first), silenced_until=until, next_due_at=now)


def _why(one: Reconciliation) -> str:
    """Return what quiets it in people's words, where they left some, or else its name."""
    return one.reason.removeprefix("it still fires, and is ") or one.suppressed_by

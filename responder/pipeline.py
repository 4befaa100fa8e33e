"""The way of an incident below the durable line: which stages, in which order, and what they come to together. Pure.

``Store.decide`` calls ``advance`` with a case that it holds locked, and writes the outcome down.
"""

from collections.abc import Callable
from dataclasses import replace

from firebrigade.responder.case import Case, Lookup, Outcome, Then
from firebrigade.responder.stages.escalate import escalate
from firebrigade.responder.stages.hold import hold
from firebrigade.responder.stages.inform import inform
from firebrigade.responder.stages.notify import notify
from firebrigade.responder.stages.remediate import remediate
from firebrigade.responder.stages.route import route
from firebrigade.responder.stages.suppress import suppress
from firebrigade.responder.stages.verify import verify

Stage = Callable[[Case, Lookup], Outcome]

STAGES: tuple[Stage, ...] = (inform, suppress, route, hold, notify, remediate, verify, escalate)


def advance(case: Case, lookup: Lookup) -> Outcome:
    """Take an incident as far as it goes now. Calling it twice, late, or for nothing does no harm."""
    total = Outcome()
    for stage in STAGES:
        outcome = stage(case, lookup)
        case = case.after(outcome)
        total = _together(total, outcome)
        if outcome.then is not Then.ADVANCE:
            break
    return replace(total, incident=replace(case.incident, next_due_at=total.until))


def _together(first: Outcome, second: Outcome) -> Outcome:
    """Return two outcomes as one; the earlier moment counts, a step that was changed twice is written once."""
    moments = [moment for moment in (first.until, second.until) if moment is not None]
    changed = {step.position: step for step in (*first.steps, *second.steps)}
    return Outcome(
        then=second.then,
        until=min(moments, default=None),
        incident=second.incident or first.incident,
        entries=(*first.entries, *second.entries),
        steps=tuple(changed.values()),
        notifications=(*first.notifications, *second.notifications),
        dropped=(*first.dropped, *second.dropped),
    )

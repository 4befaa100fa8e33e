"""Whether a storm that somebody took on rings again: its incidents stay held only as long as somebody is at work.

Pure. ``engine/storm_watch.py`` asks before what is due is advanced.
"""

from dataclasses import replace
from datetime import datetime

from firebrigade.responder.case import RESPONDER, Case, Outcome
from firebrigade.responder.durations import format_duration
from firebrigade.responder.model import Incident, IncidentStatus, TimelineEntry
from firebrigade.responder.rounds import begun_anew
from firebrigade.responder.storms import Storms


def lasts(storms: Storms, storm: Incident, now: datetime) -> bool:
    """Return whether a storm was acknowledged so long ago that this holds no more."""
    return (
        bool(storms.holds_pages_for)
        and storm.status is IncidentStatus.ACKNOWLEDGED
        and storm.acknowledged_at is not None
        and now - storm.acknowledged_at >= storms.holds_pages_for
    )


def ring_again(case: Case, storms: Storms) -> Outcome:
    """Begin another round of a storm's own incident, if it lasts: whoever is at work acknowledges it once more."""
    storm = case.incident
    if not lasts(storms, storm, case.now):
        return Outcome()
    ago = format_duration(storms.holds_pages_for)
    words = f"{storm.acknowledged_by} acknowledged it {ago} ago and its incidents are still held: is somebody at work?"
    changed = replace(begun_anew(storm), asked_again_at=case.now, next_due_at=case.now, news=storm.news + 1)
    entry = TimelineEntry(at=case.now, kind="asked_again", actor=RESPONDER, detail=words)
    return Outcome(incident=changed, entries=(entry,))

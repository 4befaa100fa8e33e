"""What a storm's own incident says: how many incidents there are, which, and what becomes of their pages. Pure.

``engine/storm_watch.py`` records it as an alert of our own.
"""

from collections import Counter
from collections.abc import Sequence
from datetime import datetime

from firebrigade.responder import storms
from firebrigade.responder.durations import format_duration
from firebrigade.responder.model import Incident
from firebrigade.responder.own_alerts import INCIDENT_STORM, OwnAlert
from firebrigade.responder.storms import Storms

NAMES_SHOWN = 5
IDS_SHOWN = 20
NAME_LENGTH = 60


def alert(settings: Storms, incidents: Sequence[Incident], since: datetime, storm: Incident | None = None) -> OwnAlert:
    """Return the storm's own alert; what it holds is named before what has paged by itself.

    Args:
        settings: when many incidents are a storm.
        incidents: those of the storm.
        since: when it began.
        storm: its own incident, once there is one.
    """
    held = [one for one in incidents if storm is not None and storms.held(storm, one)]
    rest = [one for one in incidents if storm is None or not storms.held(storm, one)]
    ids = [str(one.id) for one in (*held, *rest)]
    text = (
        f"One cause is behind them: look for it. Incidents {_some(ids)}. While this one is open, their own pages and "
        f"escalations are held back. Every {format_duration(settings.holds_pages_for)} it rings again and has to be "
        "acknowledged again, or they page by themselves; so they do once it is resolved."
    )
    return OwnAlert(
        name=INCIDENT_STORM,
        key=INCIDENT_STORM,
        labels={},
        annotations={"summary": _summary(settings, held, rest), "description": text},
        starts_at=since,
    )


def _summary(settings: Storms, held: Sequence[Incident], rest: Sequence[Incident]) -> str:
    waiting, others = (Counter(_name(one) for one in part) for part in (held, rest))
    # A counter keeps its order: what is held comes first, however many others there are.
    names = [(name, waiting[name] + others[name]) for name, _ in waiting.most_common()]
    names += [(name, count) for name, count in others.most_common() if name not in waiting]
    shown = ", ".join(f"{name} {count}" for name, count in names[:NAMES_SHOWN])
    what = f"{len(held)} of them held" if held else f"opened within {format_duration(settings.within)}"
    more = sum(count for _, count in names[NAMES_SHOWN:])
    words = f"{len(held) + len(rest)} incidents{',' if held else ''} {what}: {shown}"
    return f"{words}, and {more} more" if more else words


def _name(incident: Incident) -> str:
    return (incident.labels.get("alertname") or incident.title)[:NAME_LENGTH]


def _some(ids: Sequence[str]) -> str:
    more = len(ids) - IDS_SHOWN
    return ", ".join(ids[:IDS_SHOWN]) + (f", and {more} more" if more > 0 else "")

"""A round of an incident's levels, from the first on, that is begun anew: what people took on is not what is. Pure.

The route stage does so when the severity got worse, ``storm_rings.py`` when a storm lasts.
"""

from dataclasses import replace

from firebrigade.responder.model import Incident, IncidentStatus


def begun_anew(incident: Incident) -> Incident:
    """Return an incident that nobody has acknowledged any more; its first level is rung again."""
    return replace(
        incident,
        status=IncidentStatus.TRIGGERED,
        acknowledged_at=None,
        acknowledged_by="",
        level=0,
        level_since=None,
        round=incident.round + 1,
    )

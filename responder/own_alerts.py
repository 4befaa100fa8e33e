"""Alerts of Firebrigade's own, which nobody else can send: they are recorded, routed and escalated as any other.

``engine/heartbeat_watch.py`` and ``engine/storm_watch.py`` make them. Pure.
"""

from dataclasses import dataclass
from datetime import datetime

from firebrigade.responder.fingerprint import fingerprint
from firebrigade.responder.model import Alert, AlertGroup, AlertStatus, Labels

SOURCE = "firebrigade"
HEARTBEAT_MISSING, INCIDENT_STORM = "HeartbeatMissing", "IncidentStorm"
OWN_ALERTS = frozenset({HEARTBEAT_MISSING, INCIDENT_STORM})


def own_labels(name: str) -> dict[str, str]:
    """Return the labels that an alert of ours has whatever it is about."""
    return {"alertname": name, "severity": "critical", "service": "firebrigade"}


@dataclass(frozen=True, slots=True, kw_only=True)
class OwnAlert:
    """One thing that Firebrigade has to say for itself.

    Attributes:
        name: its ``alertname``.
        key: tells apart what is about different things; the group's key is made of it.
        labels: what it is about, besides the labels that all of them have.
        starts_at: since when it fires.
    """

    name: str
    key: str
    labels: Labels
    annotations: Labels
    starts_at: datetime

    def group(self, status: AlertStatus, now: datetime) -> AlertGroup:
        """Return the group that says that it fires, or that it is over."""
        labels = {**own_labels(self.name), **self.labels}
        alert = Alert(
            fingerprint=fingerprint(labels),
            status=status,
            labels=labels,
            annotations=self.annotations,
            starts_at=self.starts_at,
            # By a clock that went back, what is over would have ended before it began, and count as old news.
            ends_at=max(now, self.starts_at) if status is AlertStatus.RESOLVED else None,
        )
        return AlertGroup(
            source=SOURCE,
            receiver=SOURCE,
            status=status,
            group_key=self.key,
            group_labels={"alertname": self.name, **self.labels},
            common_labels=labels,
            common_annotations=self.annotations,
            external_url="",
            alerts=(alert,),
        )

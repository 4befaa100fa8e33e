"""The tick that notices a heartbeat that stays away: then the pipeline is broken, and nothing else would say so.

A heartbeat counts from its first arrival on; whoever sends none is not asked for one. Its absence is recorded as an
alert of our own, so that it is routed, told, acknowledged and escalated as any other, and ends when the beat returns.
"""

from datetime import datetime, timedelta

from firebrigade.responder.clock import Clock
from firebrigade.responder.fingerprint import fingerprint
from firebrigade.responder.model import Alert, AlertGroup, AlertStatus
from firebrigade.responder.store.store import Store

ALERTNAME = "HeartbeatMissing"
SOURCE = "firebrigade"
# Production's Alertmanager repeats the Watchdog every 30 s; some hours apart is what an unchanged route would do.
MISSING_AFTER = timedelta(minutes=10)


class HeartbeatWatch:
    """Watches every heartbeat that has ever come.

    Args:
        store: knows when each came last.
        clock: tells the time.
        missing_after: how long one may stay away.
    """

    def __init__(self, store: Store, clock: Clock, missing_after: timedelta = MISSING_AFTER) -> None:
        self._store = store
        self._clock = clock
        self._missing_after = missing_after
        self._watching_since = clock.now()

    def tick(self) -> None:
        """Record who is missing and who is back."""
        now = self._clock.now()
        missed = self._missed()
        for name, came_at in self._store.heartbeats().items():
            # Nobody could reach us before we were there: that time does not count.
            away = now - max(came_at, self._watching_since)
            if away > self._missing_after:
                self._store.record(_group(name, came_at, AlertStatus.FIRING, now), now, f"missing {name} {came_at}")
            elif name in missed and came_at >= missed[name]:
                self._store.record(_group(name, came_at, AlertStatus.RESOLVED, now), now)

    def _missed(self) -> dict[str, datetime]:
        """Return the heartbeats that are known to be missing, and since when that is known."""
        ours = [incident for incident in self._store.open_incidents() if incident.source == SOURCE]
        return {incident.labels["heartbeat"]: incident.opened_at for incident in ours}


def _group(name: str, came_at: datetime, status: AlertStatus, now: datetime) -> AlertGroup:
    labels = {"alertname": ALERTNAME, "severity": "critical", "service": "firebrigade", "heartbeat": name}
    annotations = {
        "summary": f"No heartbeat {name} since {came_at:%Y-%m-%d %H:%M} UTC: alerts may not reach anybody",
        "description": "Prometheus does not evaluate, or Alertmanager does not deliver: look at both.",
    }
    alert = Alert(
        fingerprint=fingerprint(labels),
        status=status,
        labels=labels,
        annotations=annotations,
        starts_at=came_at,
        ends_at=now if status is AlertStatus.RESOLVED else None,
    )
    return AlertGroup(
        source=SOURCE,
        receiver=SOURCE,
        status=status,
        group_key=f"{ALERTNAME}:{name}",
        group_labels={"alertname": ALERTNAME, "heartbeat": name},
        common_labels=labels,
        common_annotations=annotations,
        external_url="",
        alerts=(alert,),
    )

"""The tick that notices a heartbeat that stays away: then the pipeline is broken, and nothing else would say so.

A heartbeat counts from its first arrival on; whoever sends none is not asked for one. Its absence is recorded as an
alert of our own, so that it is routed, told, acknowledged and escalated as any other, and ends when the beat returns.
"""

from datetime import datetime, timedelta

from firebrigade.responder.clock import Clock
from firebrigade.responder.model import AlertStatus
from firebrigade.responder.own_alerts import HEARTBEAT_MISSING, SOURCE, OwnAlert
from firebrigade.responder.store.store import Store

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
                firing = _alert(name, came_at).group(AlertStatus.FIRING, now)
                self._store.record(firing, now, f"missing {name} {came_at}")
            elif name in missed and came_at >= missed[name]:
                self._store.record(_alert(name, came_at).group(AlertStatus.RESOLVED, now), now)

    def _missed(self) -> dict[str, datetime]:
        """Return the heartbeats that are known to be missing, and since when that is known."""
        ours = [incident for incident in self._store.open_incidents() if incident.source == SOURCE]
        return {one.labels["heartbeat"]: one.opened_at for one in ours if "heartbeat" in one.labels}


def _alert(name: str, came_at: datetime) -> OwnAlert:
    return OwnAlert(
        name=HEARTBEAT_MISSING,
        key=f"{HEARTBEAT_MISSING}:{name}",
        labels={"heartbeat": name},
        annotations={
            "summary": f"No heartbeat {name} since {came_at:%Y-%m-%d %H:%M} UTC: alerts may not reach anybody",
            "description": "Prometheus does not evaluate, or Alertmanager does not deliver: look at both.",
        },
        starts_at=came_at,
    )

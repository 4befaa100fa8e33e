"""Recording one alert group: which incident it belongs to, and what it says about it. One transaction, made by Store.

Doing it twice with the same group changes nothing but ``last_seen_at``. What Alertmanager leaves out proves nothing
(silenced and truncated alerts are missing too), so only an explicit ``resolved`` ends an alert here; the reconciler
tells the other cases apart.
"""

import hashlib
import secrets
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime
from typing import Any

from sqlalchemy import Connection, RowMapping, insert, select, update

from firebrigade.responder.identity import describe, worst_severity
from firebrigade.responder.model import (
    Alert,
    AlertGroup,
    AlertStatus,
    Incident,
    IncidentAlert,
    IncidentStatus,
    TimelineEntry,
)
from firebrigade.responder.store import incidents as incident_store
from firebrigade.responder.store import rows
from firebrigade.responder.store.tables import group_keys, incident_alerts, incidents

ACTOR = "alertmanager"
_AT_ONCE = 500  # SQLite takes 32766 parameters in one statement


@dataclass(slots=True)
class _News:
    """What the group says that was not known."""

    changed: list[Alert] = field(default_factory=list)
    entries: list[TimelineEntry] = field(default_factory=list)

    def add(self, alert: Alert, kind: str, detail: str, now: datetime) -> None:
        self.changed.append(alert)
        data = {"fingerprint": alert.fingerprint, "labels": dict(alert.labels)}
        self.entries.append(TimelineEntry(at=now, kind=kind, actor=ACTOR, detail=detail, data=data))


def record(connection: Connection, group: AlertGroup, now: datetime, body_hash: str) -> tuple[int, ...]:
    """Record a group and return the ids of the incidents it belongs to; none for an end without a beginning."""
    key_row = _key_row(connection, group)
    if key_row is not None and body_hash and key_row["body_hash"] == body_hash and key_row["open"]:
        see_alerts(connection, key_row["incident_id"], _fingerprints(group), now)
        return (key_row["incident_id"],)
    incident_id = key_row["incident_id"] if key_row is not None and key_row["open"] else None
    if incident_id is None:
        incident_id = _continued(connection, group)
    if incident_id is None and group.status is AlertStatus.FIRING:
        incident_id = _open(connection, group, now)
    if incident_id is None:
        return ()
    _point_key(connection, group, incident_id, body_hash, known=key_row is not None)
    _extend(connection, incident_id, group, now)
    return (incident_id,)


def complete(connection: Connection, incident_id: int, alerts: Sequence[Alert], now: datetime) -> None:
    """Add the alerts that Alertmanager left out of a truncated group: the incident is complete again."""
    incident = incident_store.one(connection, incident_id, lock=True)
    known = {held.alert.fingerprint: held for held in incident_store.alerts(connection, incident_id)}
    news = _compare(known, alerts, now)
    _write_alerts(connection, incident_id, known, news.changed, now)
    connection.execute(update(group_keys).where(group_keys.c.incident_id == incident_id).values(truncated_alerts=0))
    incident = replace(incident, incomplete=False, next_due_at=now)
    incident_store.append(connection, incident_id, news.entries)
    incident_store.write(connection, replace(incident, news=incident.news + bool(news.entries)))


def groups_of(connection: Connection, incident_id: int) -> list[AlertGroup]:
    """Return an open incident's groups as far as they are known, marked as truncated: what is left out is asked for."""
    alerts = tuple(held.alert for held in incident_store.alerts(connection, incident_id))
    query = select(group_keys).where(group_keys.c.incident_id == incident_id)
    return [
        AlertGroup(
            source=row["source"],
            receiver=row["receiver"],
            status=AlertStatus.FIRING,
            group_key=row["group_key"],
            group_labels=row["group_labels"],
            common_labels={},
            common_annotations={},
            external_url="",
            alerts=alerts,
            truncated_alerts=1,
        )
        for row in connection.execute(query).mappings()
    ]


def end_alerts(connection: Connection, incident_id: int, fingerprints: Sequence[str], now: datetime) -> None:
    """Mark alerts as over: they are gone from Alertmanager. Should they come again, the same bytes are news."""
    if fingerprints:
        connection.execute(update(group_keys).where(group_keys.c.incident_id == incident_id).values(body_hash=""))
    _update_alerts(connection, incident_id, fingerprints, {"status": AlertStatus.RESOLVED.value, "ends_at": now})


def see_alerts(connection: Connection, incident_id: int, fingerprints: Sequence[str], now: datetime) -> None:
    """Note that alerts still fire."""
    _update_alerts(connection, incident_id, fingerprints, {"last_seen_at": now})


def group_hash(receiver: str, group_key: str) -> str:
    """Return what stands for a receiver's group key, which can be longer than an index entry may be."""
    return hashlib.sha256(f"{receiver}\0{group_key}".encode()).hexdigest()


def _fingerprints(group: AlertGroup) -> list[str]:
    return [alert.fingerprint for alert in group.alerts]


def _key_row(connection: Connection, group: AlertGroup) -> RowMapping | None:
    query = (
        select(group_keys, (incidents.c.status != IncidentStatus.RESOLVED.value).label("open"))
        .join(incidents, incidents.c.id == group_keys.c.incident_id)
        .where(
            group_keys.c.source == group.source,
            group_keys.c.group_hash == group_hash(group.receiver, group.group_key),
        )
    )
    return connection.execute(query).mappings().one_or_none()


def _update_alerts(
    connection: Connection, incident_id: int, fingerprints: Sequence[str], values: Mapping[str, Any]
) -> None:
    for start in range(0, len(fingerprints), _AT_ONCE):
        these = incident_alerts.c.fingerprint.in_(fingerprints[start : start + _AT_ONCE])
        query = update(incident_alerts).where(incident_alerts.c.incident_id == incident_id, these)
        connection.execute(query.values(values))


def _continued(connection: Connection, group: AlertGroup) -> int | None:
    """Return an open incident that holds one of the alerts: its route, and with it the group key, was edited."""
    fingerprints = _fingerprints(group)
    for start in range(0, len(fingerprints), _AT_ONCE):
        query = (
            select(incidents.c.id)
            .join(incident_alerts, incident_alerts.c.incident_id == incidents.c.id)
            .where(
                incidents.c.source == group.source,
                incidents.c.status != IncidentStatus.RESOLVED.value,
                incident_alerts.c.fingerprint.in_(fingerprints[start : start + _AT_ONCE]),
            )
            .order_by(incidents.c.id)
            .limit(1)
        )
        found = connection.execute(query).scalar_one_or_none()
        if found is not None:
            return int(found)
    return None


def _open(connection: Connection, group: AlertGroup, now: datetime) -> int:
    incident = Incident(
        id=0,
        incident_key=f"fb-{secrets.token_hex(10)}",
        source=group.source,
        status=IncidentStatus.TRIGGERED,
        external_url=group.external_url,
        level=0,
        opened_at=now,
        updated_at=now,
        next_due_at=now,
        **describe(group),
    )
    query = insert(incidents).values(rows.incident_row(incident)).returning(incidents.c.id)
    incident_id = int(connection.execute(query).scalar_one())
    detail = f"{incident.title} ({incident.severity or 'no severity'})"
    entry = TimelineEntry(at=now, kind="opened", actor=ACTOR, detail=detail, data={"receiver": group.receiver})
    incident_store.append(connection, incident_id, [entry])
    return incident_id


def _point_key(connection: Connection, group: AlertGroup, incident_id: int, body_hash: str, *, known: bool) -> None:
    key = {"source": group.source, "group_hash": group_hash(group.receiver, group.group_key)}
    values = {"incident_id": incident_id, "body_hash": body_hash, "truncated_alerts": group.truncated_alerts}
    if known:
        connection.execute(update(group_keys).where(*(group_keys.c[n] == v for n, v in key.items())).values(values))
    else:
        whole = {"receiver": group.receiver, "group_key": group.group_key, "group_labels": dict(group.group_labels)}
        connection.execute(insert(group_keys).values(key | values | whole))


def _incomplete(connection: Connection, incident_id: int) -> bool:
    """Whether one of the incident's groups was cut off, and not completed since."""
    cut = group_keys.c.incident_id == incident_id, group_keys.c.truncated_alerts > 0
    return connection.execute(select(group_keys.c.group_hash).where(*cut)).first() is not None


def _extend(connection: Connection, incident_id: int, group: AlertGroup, now: datetime) -> None:
    incident = incident_store.one(connection, incident_id, lock=True)
    known = {held.alert.fingerprint: held for held in incident_store.alerts(connection, incident_id)}
    news = _compare(known, group.alerts, now)
    _write_alerts(connection, incident_id, known, news.changed, now)
    see_alerts(connection, incident_id, _fingerprints(group), now)
    firing = _still_firing(known, news.changed)
    incomplete = _incomplete(connection, incident_id)
    changed = _conclude(incident, group, firing, news, now, incomplete=incomplete)
    incident_store.append(connection, incident_id, news.entries)
    if changed != incident:
        incident_store.write(connection, changed)


def _compare(known: Mapping[str, IncidentAlert], alerts: Sequence[Alert], now: datetime) -> _News:
    news = _News()
    for alert in alerts:
        held = known.get(alert.fingerprint)
        name = alert.labels.get("alertname", alert.fingerprint)
        if held is not None and _is_late(alert, held):
            continue
        firing = alert.status is AlertStatus.FIRING
        if held is None:
            news.add(alert, "alert_joined" if firing else "alert_resolved", name, now)
        elif firing and not held.firing:
            news.add(alert, "alert_fired_again", name, now)
        elif held.firing and not firing:
            news.add(alert, "alert_resolved", name, now)
        elif alert != held.alert:
            news.changed.append(alert)  # an annotation's value moves with each evaluation: no news
    return news


def _is_late(alert: Alert, held: IncidentAlert) -> bool:
    """Whether it is word of an earlier firing that was over before the present one began: an HA peer that was slow.

    An earlier start alone says nothing: Alertmanager moves it back when a second Prometheus knew of the alert before.
    """
    return alert.ends_at is not None and alert.ends_at < held.alert.starts_at


def _write_alerts(
    connection: Connection,
    incident_id: int,
    known: Mapping[str, IncidentAlert],
    changed: Sequence[Alert],
    now: datetime,
) -> None:
    fresh = [
        rows.alert_row(alert) | {"incident_id": incident_id, "last_seen_at": now}
        for alert in changed
        if alert.fingerprint not in known
    ]
    if fresh:
        connection.execute(insert(incident_alerts), fresh)
    for alert in changed:
        if alert.fingerprint in known:
            connection.execute(
                update(incident_alerts)
                .where(
                    incident_alerts.c.incident_id == incident_id,
                    incident_alerts.c.fingerprint == alert.fingerprint,
                )
                .values(rows.alert_row(alert) | {"last_seen_at": now})
            )


def _still_firing(known: Mapping[str, IncidentAlert], changed: Sequence[Alert]) -> list[Alert]:
    latest = {fingerprint: held.alert for fingerprint, held in known.items()}
    latest |= {alert.fingerprint: alert for alert in changed}
    return [alert for alert in latest.values() if alert.status is AlertStatus.FIRING]


def _conclude(
    incident: Incident, group: AlertGroup, firing: Sequence[Alert], news: _News, now: datetime, *, incomplete: bool
) -> Incident:
    if group.truncated_alerts and not incident.incomplete:
        detail = f"Alertmanager left {group.truncated_alerts} alerts out of the group (max_alerts)"
        news.entries.append(TimelineEntry(at=now, kind="incomplete", actor=ACTOR, detail=detail))
    incident = replace(incident, incomplete=incomplete)
    if news.entries:
        incident = replace(incident, news=incident.news + 1, updated_at=now, next_due_at=now)
    if any(entry.kind in {"alert_joined", "alert_fired_again"} for entry in news.entries):
        # Alertmanager tells of no alert that it silences, whatever the reconciler saw before.
        incident = replace(incident, silenced_by="", silenced_until=None)
    severity = worst_severity([incident.severity, *(alert.labels.get("severity", "") for alert in firing)])
    if severity != incident.severity:
        incident = replace(incident, severity=severity, routed_at=None, next_due_at=now)
    if firing or incident.incomplete or not incident.open:
        return incident
    news.entries.append(TimelineEntry(at=now, kind="resolved", actor=ACTOR, detail="every alert is resolved"))
    return replace(incident, status=IncidentStatus.RESOLVED, resolved_at=now, resolved_by=ACTOR, next_due_at=now)

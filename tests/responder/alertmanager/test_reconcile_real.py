"""The reconciler and the completion of groups against the real Alertmanager."""

from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
import requests

from firebrigade.responder.alertmanager_records import NewSilence
from firebrigade.responder.matchers import Matcher
from firebrigade.responder.model import Alert, AlertGroup, AlertStatus, IncidentAlert
from firebrigade.responder.reconcile import ReconcilePolicy, Standing, look, reconcile
from firebrigade.responder.truncation import complete_group

NO_GRACE = ReconcilePolicy(grace=timedelta())
GRACE = ReconcilePolicy(grace=timedelta(minutes=10))
LONG_AGO = timedelta(hours=1)


@dataclass
class Prometheus:
    """Sends one alert of a cluster, and its end."""

    url: str
    labels: dict[str, str] = field(default_factory=dict)

    def send(self, ends_at: datetime | None = None, **labels: str) -> None:
        body = {"labels": self.labels | labels} | ({"endsAt": ends_at.isoformat()} if ends_at else {})
        requests.post(f"{self.url.rstrip('/')}/api/v2/alerts", json=[body], timeout=10).raise_for_status()


@pytest.fixture
def prometheus(server: Any, unique: str) -> Prometheus:
    return Prometheus(server.url, {"alertname": "PodDown", "cluster": unique})


def remembered(server: Any, unique: str, now: datetime) -> IncidentAlert:
    """The alert as a webhook would have brought it an hour ago."""
    (listed,) = server.client.alerts(filters=[Matcher("cluster", "=", unique)])
    alert = Alert(
        fingerprint=listed.fingerprint,
        status=AlertStatus.FIRING,
        labels=listed.labels,
        annotations={},
        starts_at=listed.starts_at,
    )
    return IncidentAlert(alert=alert, last_seen_at=now - LONG_AGO)


def standing(server: Any, alert: IncidentAlert, policy: ReconcilePolicy, now: datetime) -> Any:
    (found,) = reconcile([alert], look([server.client], now), policy, now)
    return found


def test_an_alert_is_active_then_suppressed_then_resolved(
    server: Any, prometheus: Prometheus, unique: str, now: datetime
) -> None:
    later = now + LONG_AGO  # the server has been up for an hour by then
    prometheus.send()
    alert = remembered(server, unique, now)
    assert standing(server, alert, NO_GRACE, later).standing is Standing.ACTIVE
    until = now + timedelta(hours=3)
    silence = NewSilence(
        matchers=(Matcher("cluster", "=", unique),), starts_at=now, ends_at=until, created_by="alice", comment="rack"
    )
    silence_id = server.client.create_silence(silence)
    found = standing(server, alert, NO_GRACE, later)
    assert (found.standing, found.suppressed_until) == (Standing.SUPPRESSED, until)
    assert found.suppressed_by == f"silence {silence_id}"
    prometheus.send(ends_at=now - timedelta(seconds=1))  # resolved while silenced: no webhook will ever say so
    assert standing(server, alert, GRACE, later).standing is Standing.RESOLVED


def test_a_restart_that_forgets_all_alerts_resolves_none(
    start_alertmanager: Callable[..., Any], tmp_path: Path, unique: str, now: datetime
) -> None:
    with start_alertmanager(tmp_path) as before:
        Prometheus(before.url, {"alertname": "PodDown", "cluster": unique}).send()
        alert = remembered(before, unique, now)
    with start_alertmanager(tmp_path) as after:
        found = standing(after, alert, GRACE, now)
        assert (found.standing, "may not know it yet" in found.reason) == (Standing.UNKNOWN, True)
        Prometheus(after.url, dict(alert.alert.labels)).send()
        assert standing(after, alert, GRACE, now).standing is Standing.ACTIVE
    found = standing(after, alert, GRACE, now)
    assert (found.standing, "can't be reached" in found.reason) == (Standing.UNKNOWN, True)
    assert standing(after, alert, GRACE, now + timedelta(days=1)).standing is Standing.EXPIRED


def test_a_truncated_group_is_completed(
    server: Any, prometheus: Prometheus, unique: str, now: datetime, eventually: Any
) -> None:
    for number in range(7):
        prometheus.send(pod=f"p{number}")
    labels = {"alertname": "PodDown", "cluster": unique}
    filters = [Matcher("cluster", "=", unique)]
    (whole,) = eventually(lambda: [each for each in server.client.groups(filters=filters) if len(each.alerts) == 7])
    sent = tuple(
        Alert(
            fingerprint=alert.fingerprint,
            status=AlertStatus.FIRING,
            labels=alert.labels,
            annotations={},
            starts_at=alert.starts_at,
        )
        for alert in whole.alerts[:5]
    )
    group = AlertGroup(
        source="",
        receiver="everything",
        status=AlertStatus.FIRING,
        group_key="",
        group_labels=labels,
        common_labels=labels,
        common_annotations={},
        external_url="",
        alerts=sent,
        truncated_alerts=2,
    )
    completion = complete_group(group, server.client)
    expected = {alert.labels["pod"] for alert in whole.alerts} - {alert.labels["pod"] for alert in sent}
    assert {alert.labels["pod"] for alert in completion.alerts} == expected
    assert completion.unaccounted == 0

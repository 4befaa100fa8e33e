"""Twelve incidents at once from a real Alertmanager: one page for all of them, and none of them is lost."""

from collections.abc import Callable
from datetime import UTC, datetime
from typing import Any

import pytest
import requests

from sandbox.installation import WEBHOOK_TOKEN, Installation

pytestmark = [pytest.mark.acceptance, pytest.mark.xdist_group("storm")]

LIMIT = 4
CHANGES = {"automation": {"mode": "dry-run", "storm_incidents": LIMIT, "storm_within": "10m"}}
SERVICES = [f"shop-{number:02}" for number in range(12)]


def alert(service: str) -> dict[str, Any]:
    labels = {"alertname": "CheckoutBroken", "severity": "critical", "service": service, "namespace": service}
    return {"labels": labels, "annotations": {"summary": f"{service} is broken"}, "startsAt": now()}


def now() -> str:
    return datetime.now(UTC).isoformat()


def incidents(installation: Installation, name: str) -> list[Any]:
    found = installation.get("/api/v1/incidents?limit=100")["incidents"]
    return [one for one in found if one["labels"].get("alertname") == name]


def pages(installation: Installation) -> list[str]:
    """Return what PagerDuty rings for."""
    return [one.dedup_key for one in installation.pagerduty.incidents]


def test_a_storm_pages_once_and_then_lets_its_incidents_page(
    installation: Installation, wait: Callable[..., None]
) -> None:
    url = f"{installation.alertmanager.url}/api/v2/alerts"
    requests.post(url, json=[alert(service) for service in SERVICES], timeout=10).raise_for_status()
    wait(lambda: len(incidents(installation, "CheckoutBroken")) == 12, lambda: "not all of them came")
    wait(lambda: len(incidents(installation, "IncidentStorm")) == 1, lambda: "there is no storm")
    (storm,) = incidents(installation, "IncidentStorm")
    wait(lambda: storm["incident_key"] in pages(installation), lambda: f"{pages(installation)}")
    keys = {one["incident_key"] for one in incidents(installation, "CheckoutBroken")}
    wait(
        lambda: sum(bool(one["held_by"]) for one in incidents(installation, "CheckoutBroken")) == 12,
        lambda: f"{incidents(installation, 'CheckoutBroken')}",
    )
    # What came one by one before there were too many has paged by then.
    assert len(keys & set(pages(installation))) <= LIMIT
    headers = {"Authorization": f"Bearer {WEBHOOK_TOKEN}"}
    resolve = f"{installation.serve.url}/api/v1/incidents/{storm['id']}/resolve"
    requests.post(resolve, json={"actor": "mara"}, headers=headers, timeout=10).raise_for_status()
    wait(lambda: keys <= set(pages(installation)), lambda: f"{pages(installation)}")
    assert len(incidents(installation, "IncidentStorm")) == 1
    assert len(pages(installation)) == len(set(pages(installation)))

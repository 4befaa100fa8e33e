"""The kill switches of a real installation: what is planned when one is thrown is never applied; people are told."""

from collections.abc import Callable, Iterator
from typing import Any

import pytest
import requests

from sandbox.installation import WEBHOOK_TOKEN, Installation

pytestmark = [pytest.mark.acceptance, pytest.mark.xdist_group("switched off")]

PLANNING = {"answer": "hang-before", "verb": "get", "resource": "pods"}


@pytest.fixture(params=["the file", "the switch"])
def throw(request: pytest.FixtureRequest, installation: Installation) -> Iterator[Callable[[], None]]:
    """Return a function that switches automation off; it is on again after the test."""
    off_file = installation.folder / "off"
    by = {"the file": off_file.touch, "the switch": lambda: _switch(installation, on=False)}
    yield by[request.param]
    off_file.unlink(missing_ok=True)
    _switch(installation, on=True)


def _switch(installation: Installation, *, on: bool) -> None:
    headers = {"Authorization": f"Bearer {WEBHOOK_TOKEN}"}
    url = f"{installation.serve.url}/api/v1/automation"
    body = {"on": on, "actor": "mara"}
    requests.post(url, json=body, headers=headers, timeout=10).raise_for_status()


def test_what_is_being_planned_when_automation_is_switched_off_is_not_applied(
    installation: Installation, trouble: Any, wait: Callable[..., None], throw: Callable[[], None]
) -> None:
    faults = f"{installation.cluster.url}/sandbox/faults"
    requests.post(faults, json=PLANNING, timeout=10).raise_for_status()
    trouble.begin()
    wait(lambda: not requests.get(faults, timeout=10).json(), lambda: "nothing was planned")
    throw()
    requests.delete(faults, timeout=10).raise_for_status()
    wait(lambda: trouble.step_is("refused"), lambda: f"{trouble.incident()}")
    found = trouble.incident()
    refusals = [entry for entry in found["timeline"] if entry["kind"] == "refused"]
    assert refusals[0]["data"]["reason"] == "off"
    assert not [one for one in installation.cluster.changes if trouble.pod in (one.name, *one.path.split("/"))]
    key = found["incident"]["incident_key"]
    assert [page.status for page in installation.pagerduty.incidents if page.dedup_key == key] == ["triggered"]

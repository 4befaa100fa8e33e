"""A real installation in which a person approves each plan: nothing is changed before, and it helps afterwards."""

import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
import requests

from sandbox.installation import WEBHOOK_TOKEN, Installation

pytestmark = [pytest.mark.acceptance, pytest.mark.xdist_group("approval")]

ANNA = "annas-own-token-000000"
CHANGES = {
    "automation": {"mode": "approve", "namespaces": ["agents"], "storm_incidents": 100, "runs_per_hour": 200},
    "approvers": {"anna": {"token": ANNA}},
}


def firebrigade(installation: Installation, *words: str, token: str) -> "subprocess.CompletedProcess[str]":
    environ = {"PATH": "/usr/bin:/bin", "FIREBRIGADE_URL": installation.serve.url, "FIREBRIGADE_API_TOKEN": token}
    command = [str(Path(sys.executable).parent / "firebrigade"), *words]
    return subprocess.run(command, capture_output=True, text=True, env=environ, timeout=60, check=False)


def changes_of(installation: Installation, pod: str) -> list[Any]:
    return [one for one in installation.cluster.changes if pod in (one.name, *one.path.split("/"))]


def test_what_a_person_approves_is_applied_once_and_repairs(
    installation: Installation, trouble: Any, wait: Callable[..., None]
) -> None:
    trouble.begin()
    wait(lambda: trouble.step_is("proposed"), lambda: f"{trouble.incident()}")
    found = trouble.incident()
    incident, plan = str(found["incident"]["id"]), found["proposal"]["plan"]
    assert changes_of(installation, trouble.pod) == []
    wait(
        lambda: any(one["reason"] == "approval" for one in trouble.incident()["deliveries"]),
        lambda: "nobody was asked",
    )

    refused = firebrigade(installation, "incident", "approve", incident, plan[:12], token=WEBHOOK_TOKEN)
    assert (refused.returncode, "may not approve" in refused.stderr) == (2, True)
    assert changes_of(installation, trouble.pod) == []

    done = firebrigade(installation, "incident", "approve", incident, plan[:12], token=ANNA)
    assert (done.returncode, f"Plan {plan[:12]} of incident {incident} is approved by anna" in done.stdout) == (0, True)
    wait(trouble.is_over, lambda: f"{trouble.incident()}")
    evictions = [one for one in changes_of(installation, trouble.pod) if one.path.endswith("/eviction")]
    assert len(evictions) == 1
    found = trouble.incident()
    kinds = [entry["kind"] for entry in found["timeline"]]
    assert (kinds.count("approved"), kinds.count("applied")) == (1, 1)
    assert found["chain"]["problems"] == []


def test_a_token_of_an_approver_is_in_no_log_and_no_answer(installation: Installation) -> None:
    headers = {"Authorization": f"Bearer {ANNA}"}
    answer = requests.get(f"{installation.serve.url}/api/v1/incidents", headers=headers, timeout=10)
    assert (answer.status_code, ANNA in answer.text) == (200, False)
    logs = [path for path in installation.folder.rglob("*") if path.is_file() and path.name != "firebrigade.yaml"]
    assert logs
    assert [path.name for path in logs if ANNA.encode() in path.read_bytes()] == []

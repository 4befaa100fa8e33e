"""Trust in a real installation: earned by verified runs and a person, and lost by one failure without anybody."""

import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
import requests

from sandbox.installation import WEBHOOK_TOKEN, Installation

pytestmark = [pytest.mark.acceptance, pytest.mark.xdist_group("trust")]

ANNA, BERT = "annas-own-token-000000", "berts-own-token-000000"
PLACE = ("service-down", "fleet")
REASON = ("--reason", "two good repairs")
# A repair that nobody can see the end of, because somebody has taken the right to look away.
UNSEEN = {"answer": 403, "verb": "get", "resource": "deployments", "times": 1000}
CHANGES = {
    "automation": {
        "mode": "auto",
        "namespaces": ["agents"],
        "environments": {"fleet": {"namespaces": ["agents"]}},
        "storm_incidents": 100,
        "runs_per_hour": 200,
    },
    "approvers": {"anna": {"token": ANNA, "may_promote": True}, "bert": {"token": BERT}},
    "trust": {"start": "approve", "promote_after": 2},
    "runbooks": {"directory": str(Path(__file__).parent / "runbooks")},
}


def firebrigade(installation: Installation, *words: str, token: str = ANNA) -> "subprocess.CompletedProcess[str]":
    environ = {"PATH": "/usr/bin:/bin", "FIREBRIGADE_URL": installation.serve.url, "FIREBRIGADE_API_TOKEN": token}
    command = [str(Path(sys.executable).parent / "firebrigade"), *words]
    return subprocess.run(command, capture_output=True, text=True, env=environ, timeout=60, check=False)


def level(installation: Installation) -> str:
    return str(installation.get("/api/v1/trust/" + "/".join(PLACE))["standing"]["level"])


@pytest.fixture
def troubles(installation: Installation, trouble: Any, agents: Iterator[str]) -> Iterator[Any]:
    """One agent's trouble after the other."""

    def more() -> Iterator[Any]:
        yield trouble
        for agent in agents:
            pods = installation.cluster.list("pods", "agents")
            (pod,) = [one["metadata"]["name"] for one in pods if one["metadata"]["labels"]["app"] == agent]
            yield type(trouble)(installation, agent, pod)

    return more()


def approved(installation: Installation, trouble: Any, wait: Callable[..., None]) -> dict[str, Any]:
    """Approve what waits once the trouble has begun, and return the incident when it is repaired."""
    trouble.begin()
    wait(lambda: trouble.step_is("proposed"), lambda: f"{trouble.incident()}")
    found = trouble.incident()
    incident, plan = str(found["incident"]["id"]), found["proposal"]["plan"]
    assert firebrigade(installation, "incident", "approve", incident, plan[:12]).returncode == 0
    wait(trouble.is_over, lambda: f"{trouble.incident()}")
    return dict(found)


def test_trust_is_earned_by_runs_and_a_person_and_lost_by_one_failure(
    installation: Installation, troubles: Iterator[Any], wait: Callable[..., None]
) -> None:
    waited = approved(installation, next(troubles), wait)
    assert waited["proposal"]["asked_by"].endswith("trust is at approve, 0 of 2 verified runs.")

    early = firebrigade(installation, "trust", "promote", *PLACE, *REASON)
    assert (early.returncode, "has 1 of the 2 verified runs that a promotion takes" in early.stderr) == (2, True)
    approved(installation, next(troubles), wait)
    for token, said in ((WEBHOOK_TOKEN, "may not"), (BERT, "bert may not promote")):
        refused = firebrigade(installation, "trust", "promote", *PLACE, *REASON, token=token)
        assert (refused.returncode, said in refused.stderr) == (2, True)
    assert level(installation) == "approve"
    done = firebrigade(installation, "trust", "promote", *PLACE, *REASON)
    assert done.stdout == "service-down in fleet is at auto: promoted by anna: two good repairs\n"

    stubborn = next(troubles)
    stubborn.begin()
    wait(lambda: stubborn.step_is("applied"), lambda: f"{stubborn.incident()}")
    faults = f"{installation.cluster.url}/sandbox/faults"
    requests.post(faults, json=UNSEEN, timeout=10).raise_for_status()
    wait(lambda: stubborn.step_is("failed"), lambda: f"{stubborn.incident()}")
    requests.delete(faults, timeout=10).raise_for_status()
    lost = [entry for entry in stubborn.incident()["timeline"] if entry["kind"] == "trust_lost"]
    assert [entry["detail"].partition(": ")[0] for entry in lost] == [
        "trust of service-down in fleet goes from auto to approve"
    ]
    assert level(installation) == "approve"
    assert stubborn.incident()["chain"]["problems"] == []

    wary = next(troubles)
    wary.begin()
    wait(lambda: wary.step_is("proposed"), lambda: f"{wary.incident()}")
    events = firebrigade(installation, "trust", "history", *PLACE).stdout.split()
    known = {"verified", "promoted", "failed"}
    assert [word for word in events if word in known][-4:] == ["verified", "verified", "promoted", "failed"]

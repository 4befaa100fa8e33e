"""One whole installation on real components, with rules that wait two seconds instead of a minute."""

import re
import threading
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
import requests

from sandbox.installation import Installation

RULES = Path(__file__).resolve().parents[2] / "rules" / "generated"
PATIENCE_SECONDS = 60
UNASKED = "the incident ended before it was known whether the change was made"


@dataclass(frozen=True)
class Trouble:
    """One wedged agent, and what the installation makes of it."""

    installation: Installation
    agent: str
    pod: str

    def begin(self) -> None:
        self.installation.switch_on(fault="wedged", deployment=self.agent, namespace="agents")

    def is_about(self, incident: dict[str, Any]) -> bool:
        """Whether an incident is this one; other alerts may name the pod as well while it is replaced."""
        labels = incident["labels"]
        return (labels.get("alertname"), labels.get("pod")) == ("ServiceDown", self.pod)

    def incident(self) -> dict[str, Any] | None:
        """Return the incident with all that is recorded about it; None while there is none, or nobody who answers."""
        try:
            for incident in self.installation.get("/api/v1/incidents?limit=50")["incidents"]:
                if self.is_about(incident):
                    return dict(self.installation.get(f"/api/v1/incidents/{incident['id']}"))
        except requests.RequestException:
            return None
        return None

    def step_is(self, status: str) -> bool:
        found = self.incident()
        return found is not None and any(step["status"] == status for step in found["steps"])

    def is_over(self) -> bool:
        """Whether the incident is resolved, the repair verified, and everything delivered.

        On a busy machine the alert can resolve before a killed process is back to ask what became of its change.
        """
        found = self.incident()
        return (
            found is not None
            and found["incident"]["status"] == "resolved"
            and any(step["status"] == "verified" or UNASKED in step["verdict"] for step in found["steps"])
            and all(one["status"] in {"delivered", "superseded"} for one in found["deliveries"])
            and sum(one["reason"] == "resolved" for one in found["deliveries"]) == 3
        )


def wait_until(holds: Callable[[], bool], what: Callable[[], str]) -> None:
    """Look again and again at processes that can't tell us, with a deadline."""
    deadline = time.monotonic() + PATIENCE_SECONDS
    pause = threading.Event()
    while not holds():
        assert time.monotonic() < deadline, f"waited {PATIENCE_SECONDS} s: {what()}"
        pause.wait(0.1)


@pytest.fixture(scope="module")
def wait() -> Callable[..., None]:
    return wait_until


@pytest.fixture(scope="module")
def installation(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Installation]:
    """One installation for the module, with what the module's ``CHANGES`` of firebrigade.yaml say."""
    changes = getattr(request.module, "CHANGES", None)
    folder = tmp_path_factory.mktemp("installation")
    rules = folder / "rules"
    rules.mkdir()
    for path in RULES.glob("*.yaml"):
        hurried = re.sub(r"for: 1m\b", "for: 2s", path.read_text())
        (rules / path.name).write_text(hurried)
    with Installation(folder, rule_files=[rules / "*.yaml"], group_interval="2s", changes=changes) as made:
        yield made


@pytest.fixture(scope="module")
def agents() -> Iterator[str]:
    return iter([f"agent-{number:02}" for number in range(1, 41)])


@pytest.fixture
def trouble(installation: Installation, agents: Iterator[str]) -> Iterator[Trouble]:
    agent = next(agents)
    pods = installation.cluster.list("pods", "agents")
    (pod,) = [pod["metadata"]["name"] for pod in pods if pod["metadata"]["labels"]["app"] == agent]
    yield Trouble(installation, agent, pod)
    for server in (installation.pagerduty, installation.slack, installation.mail):
        server.faults.clear()
    requests.delete(f"{installation.cluster.url}/sandbox/faults", timeout=10)
    if not installation.serve.alive:
        installation.serve.restart()

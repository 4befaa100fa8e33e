"""kill -9 of ``firebrigade serve`` at each step of the main job: the incident ends, and every effect is made once."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import pytest
import requests

from sandbox.installation import Installation

pytestmark = pytest.mark.acceptance

# Two workers, each with an installation of its own, share the work.
TOLD = pytest.mark.xdist_group("killed while people are told")
DONE = pytest.mark.xdist_group("killed while something is done")


@dataclass(frozen=True)
class Hold:
    """A request that is kept without an answer; the process is killed while it waits.

    Attributes:
        server: pagerduty, slack, mail or cluster.
        answer: hang-before (no effect yet) or hang-after (the effect is made, the answer is not).
        match: which request.
        once_applied: hold only after the change was made.
    """

    server: str
    answer: str
    match: dict[str, str]
    once_applied: bool = False

    def set_up(self, installation: Installation) -> None:
        address = getattr(installation, self.server)
        url = f"{address.url if self.server == 'cluster' else address.address}/sandbox/faults"
        body = self.match if self.server == "cluster" else {"match": self.match}
        requests.post(url, json={"answer": self.answer, **body}, timeout=10).raise_for_status()

    def is_met(self, installation: Installation) -> bool:
        if self.server == "cluster":
            return not requests.get(f"{installation.cluster.url}/sandbox/faults", timeout=10).json()
        return not getattr(installation, self.server).faults.as_json()

    def release(self, installation: Installation) -> None:
        if self.server == "cluster":
            requests.delete(f"{installation.cluster.url}/sandbox/faults", timeout=10).raise_for_status()
        else:
            getattr(installation, self.server).faults.clear()


TRIGGER = {"event_action": "trigger"}
RESOLVE = {"event_action": "resolve"}
POST = {"api_method": "chat.postMessage"}
UPDATE = {"api_method": "chat.update"}
DATA = {"stage": "data"}
GET_POD = {"verb": "get", "resource": "pods"}
EVICT = {"verb": "create", "resource": "pods", "subresource": "eviction"}
GET_DEPLOYMENT = {"verb": "get", "resource": "deployments"}


@pytest.mark.parametrize(
    "hold",
    [
        pytest.param(Hold("pagerduty", "hang-before", TRIGGER), id="before PagerDuty has the page", marks=TOLD),
        pytest.param(
            Hold("pagerduty", "hang-after", TRIGGER), id="when PagerDuty has the page and has not said so", marks=TOLD
        ),
        pytest.param(Hold("slack", "hang-before", POST), id="before Slack has the message", marks=TOLD),
        pytest.param(
            Hold("slack", "hang-after", POST), id="when Slack has the message and has not said so", marks=TOLD
        ),
        pytest.param(
            Hold("slack", "hang-after", UPDATE), id="when Slack has changed the message and has not said so", marks=TOLD
        ),
        pytest.param(Hold("mail", "hang-before", DATA), id="before the mail is taken", marks=TOLD),
        pytest.param(Hold("mail", "hang-after", DATA), id="when the mail is taken and nobody said so", marks=TOLD),
        pytest.param(Hold("cluster", "hang-before", GET_POD), id="while it plans", marks=DONE),
        pytest.param(Hold("cluster", "hang-before", EVICT), id="before the pod is evicted", marks=DONE),
        pytest.param(
            Hold("cluster", "hang-after", EVICT), id="when the pod is evicted and the cluster has not said so"
        ),
        pytest.param(
            Hold("cluster", "hang-before", GET_DEPLOYMENT, once_applied=True), id="while it verifies", marks=DONE
        ),
        pytest.param(Hold("pagerduty", "hang-before", RESOLVE), id="before PagerDuty knows of the end", marks=DONE),
        pytest.param(
            Hold("pagerduty", "hang-after", RESOLVE), id="when PagerDuty knows of the end and has not said so"
        ),
    ],
)
def test_nothing_is_lost_or_done_twice_when_it_is_killed(
    installation: Installation, trouble: Any, wait: Callable[..., None], hold: Hold
) -> None:
    if not hold.once_applied:
        hold.set_up(installation)
    trouble.begin()
    if hold.once_applied:
        wait(lambda: trouble.step_is("applied"), lambda: f"{trouble.incident()}")
        hold.set_up(installation)
    wait(lambda: hold.is_met(installation), lambda: f"nothing met {hold}: {trouble.incident()}")
    installation.serve.kill()
    hold.release(installation)
    installation.serve.restart()
    wait(trouble.is_over, lambda: f"{trouble.incident()}")
    _assert_done_once(installation, trouble)


@DONE
def test_an_alert_that_finds_nobody_is_taken_after_the_restart(
    installation: Installation, trouble: Any, wait: Callable[..., None]
) -> None:
    before = _refused(installation)
    installation.serve.kill()
    trouble.begin()
    wait(lambda: _refused(installation) > before, lambda: "Alertmanager never tried")
    installation.serve.restart()
    wait(trouble.is_over, lambda: f"{trouble.incident()}")
    _assert_done_once(installation, trouble)


@DONE
def test_killed_again_and_again_it_still_ends(
    installation: Installation, trouble: Any, wait: Callable[..., None]
) -> None:
    trouble.begin()
    wait(lambda: trouble.incident() is not None, lambda: "no incident")
    for _ in range(3):
        installation.serve.kill()
        installation.serve.restart()
    wait(trouble.is_over, lambda: f"{trouble.incident()}")
    _assert_done_once(installation, trouble)


def _refused(installation: Installation) -> float:
    """Return how many webhook requests Alertmanager has to repeat, by its own count."""
    lines = requests.get(f"{installation.alertmanager.url}/metrics", timeout=10).text.splitlines()
    failed = [line for line in lines if line.startswith("alertmanager_notification_requests_failed_total{")]
    return sum(float(line.split()[-1]) for line in failed if 'integration="webhook"' in line)


def _assert_done_once(installation: Installation, trouble: Any) -> None:
    found = trouble.incident()
    key = found["incident"]["incident_key"]
    pages = [page for page in installation.pagerduty.incidents if page.dedup_key == key]
    assert [(page.status, page.rings) for page in pages] == [("resolved", 1)]
    evictions = [one for one in installation.cluster.changes if trouble.pod in (one.name, *one.path.split("/"))]
    assert len(evictions) == 1, evictions
    messages = [message for message in installation.slack.messages() if trouble.pod in str(message)]
    assert len(messages) == 1
    mails = [mail for mail in installation.mail.mailbox("oncall@sandbox.test") if trouble.pod in mail.subject]
    assert len(mails) == 2, [mail.subject for mail in mails]
    found = installation.get("/api/v1/incidents?limit=50")["incidents"]
    same = [one for one in found if trouble.is_about(one)]
    assert len(same) == 1, same

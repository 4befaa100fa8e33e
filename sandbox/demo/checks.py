"""What must be true at the end of the demo, asked of the vendors and the cluster and not of the responder."""

from collections.abc import Iterator, Mapping
from typing import Any

from sandbox.demo.story import DemoError
from sandbox.installation import Installation


def checks(installation: Installation, found: Mapping[str, Any]) -> Iterator[str]:
    """Yield what holds, one line each.

    Raises:
        DemoError: something does not.
    """
    key = found["incident"]["incident_key"]
    page = installation.pagerduty.incident(key)
    _demand(page.status == "resolved" and page.rings == 1, f"PagerDuty has the page {page.status}, rung {page.rings}×")
    yield "PagerDuty: rung once, resolved"
    message = installation.slack.only_message()
    _demand("resolved" in str(message).lower(), "Slack's message does not say that it is resolved")
    yield "Slack: one message, brought up to date until it said resolved"
    subjects = [" ".join(mail.subject.split()) for mail in installation.mail.mailbox("oncall@sandbox.test")]
    _demand(len(subjects) == 2, f"the mailbox holds {subjects}")
    yield f"mail: {subjects[0]}, then {subjects[1]}"
    evictions = [one for one in installation.cluster.changes if one.method in {"POST", "DELETE", "PATCH"}]
    _demand(len(evictions) == 1, f"the cluster was changed by {[f'{one.method} {one.path}' for one in evictions]}")
    yield f"Kubernetes: changed once, by {evictions[0].method} {evictions[0].path}"


def _demand(holds: bool, otherwise: str) -> None:
    if not holds:
        raise DemoError(otherwise)

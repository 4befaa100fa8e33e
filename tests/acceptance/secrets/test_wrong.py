"""Whatever goes right or wrong in a running service, with everybody echoing what they are sent: no secret is found."""

from collections.abc import Callable
from typing import Any

import pytest

pytestmark = [pytest.mark.acceptance, pytest.mark.xdist_group("secrets")]

WEBHOOK = "/api/v1/webhook/alertmanager"
ECHOED = (
    "Kubernetes answered 401",
    "The supervisor answered 401",
    "Prometheus answered 401",
    "the mail server answered 535: 5.7.8 you sent AUTH",
    "reconcile_delayed",
)
MODES = ("401", "403", "500", "200", "text 500", "redirect", "drop")


@pytest.fixture
def tried(planted: Any, wait: Callable[..., None]) -> Any:
    """Let every client do its work once, and then meet every way of going wrong."""
    for number, mode in enumerate(("right", *(MODES if planted.way == "value" else MODES[:1]))):
        agents = [f"agent-{2 * number + which:02}" for which in (1, 2)]
        planted.go_wrong(mode)
        posted = [
            planted.post(alertname="ServiceDown", deployment="ryot", pod="ryot-1"),
            *(planted.post(alertname="AgentDown", namespace="agents", deployment=one, agent_id=one) for one in agents),
        ]
        for one in posted:
            wait(lambda one=one: planted.was_tried(one), lambda one=one: str(planted.api(f"/api/v1/incidents/{one}")))
    return planted


def test_no_secret_is_anywhere_whatever_went_wrong(
    tried: Any, plants: dict[str, str], find_leaks: Callable[[str], list[str]], wait: Callable[..., None]
) -> None:
    assert _delivered(tried.api("/api/v1/incidents/1")) == {"pagerduty", "slack", "email", "log"}
    _knock_wrongly(tried, plants)
    tried.go_wrong("401")
    if tried.way == "value":
        for words in COMMANDS:
            tried.command(*words)
    wait(lambda: all(one in tried.everything() for one in ECHOED), lambda: f"not all of {ECHOED}")
    tried.serve.stop()
    assert find_leaks(tried.everything()) == []


COMMANDS = (
    ["silence", "list", "--source", "alertmanager"],
    ["silence", "list", "--source", "other"],
    ["config", "check"],
    ["incident", "show", "4"],
)


def _delivered(found: dict[str, Any]) -> set[str]:
    return {one["receiver"] for one in found["deliveries"] if one["status"] == "delivered"}


def _knock_wrongly(planted: Any, plants: dict[str, str]) -> None:
    """Use every secret where it does not belong, and send bodies that are none."""
    known = {"Authorization": f"Bearer {plants['webhook token']}"}
    for name, secret in plants.items():
        planted.ask("GET", "/api/v1/incidents", headers={"Authorization": f"Bearer {secret}x"})
        planted.ask("POST", WEBHOOK, headers={"Authorization": secret}, data="x")
        planted.ask("POST", WEBHOOK, auth=(name, secret), json={"version": "3"})
    planted.ask("GET", "/metrics", headers=known)
    planted.ask("POST", WEBHOOK, headers=known, data="{")
    planted.ask("POST", WEBHOOK, headers=known, json={"version": "4"})
    planted.ask("POST", f"{WEBHOOK}?source=%00", headers=known, json={})
    planted.ask("POST", WEBHOOK, headers=known | {"Content-Encoding": "gzip"}, json={})
    assert planted.ask("POST", WEBHOOK, auth=("alertmanager", plants["webhook password"]), json={}).status_code == 400
    assert planted.ask("GET", "/api/v1/incidents", headers=known).status_code == 401

"""A storm's incident that is told less loudly than others is worth a note: it holds those others in no storm."""

from collections.abc import Callable

import pytest
from click.testing import Result

Run = Callable[..., Result]
Write = Callable[[str], str]

RECEIVERS = """
    receivers:
      pager: {type: pagerduty, routing_key: 0123456789abcdef0123456789abcdef}
      chat: {type: slack, token: xoxb-1, channel: C0123456789}
"""
LOUD = "{matchers: 'team=\"pay\"', receivers: [pager], policy: default}"
CHAT = "{matchers: '', receivers: [chat], policy: default}"
QUIET = "{matchers: '', receivers: [chat]}"
OWN = "{matchers: 'alertname=\"IncidentStorm\"', receivers: [pager], policy: default}"
NOTE = "note: alert IncidentStorm takes routes[1], which"


def routes(*written: str) -> str:
    lines = "".join(f"\n      - {one}" for one in written)
    return f"{RECEIVERS}    routes:{lines}\n"


@pytest.mark.parametrize(
    ("text", "noted"),
    [
        pytest.param(routes(LOUD, CHAT), f"{NOTE} is read, and routes[0] rings", id="read"),
        pytest.param(routes(LOUD, QUIET), f"{NOTE} reaches nobody for sure, and routes[0] rings", id="no policy"),
        pytest.param(routes(LOUD), "note: alert IncidentStorm takes no route, which", id="no route"),
        pytest.param(routes(OWN, LOUD, CHAT), "", id="its own route"),
        pytest.param(routes(CHAT), "", id="nothing is louder"),
        pytest.param(routes(LOUD, CHAT) + "    automation: {storm_holds_pages_for: 0}\n", "", id="off"),
    ],
)
@pytest.mark.parametrize("command", [("config", "check"), ("route", "team=pay")], ids=["config check", "route"])
def test_a_storm_that_is_told_less_loudly_is_worth_a_note(
    firebrigade: Run, write_config: Write, text: str, noted: str, command: tuple[str, ...]
) -> None:
    result = firebrigade(*command, "--config", write_config(text))
    assert result.exit_code == 0, result.stderr
    assert noted in result.stdout if noted else "IncidentStorm" not in result.stdout


def test_no_alertmanager_can_have_the_name_of_our_own_alerts(firebrigade: Run, write_config: Write) -> None:
    text = "alertmanagers: {firebrigade: {url: 'http://am:9093'}}"
    result = firebrigade("config", "check", "--config", write_config(text))
    assert result.exit_code == 2
    assert "alertmanagers.firebrigade: is the name of Firebrigade's own alerts; choose another" in result.stderr

"""What was found of a target, as each channel says it: where somebody has to look into it, and within its limits."""

from typing import Any

import pytest

from firebrigade.receivers.contract import Reason
from firebrigade.receivers.email_message import compose
from firebrigade.receivers.pagerduty_event import trigger_event
from firebrigade.receivers.slack_message import living_message, reply

FOUND = ("pod ryot-1: OOMKilled, not ready, 7 restarts", "FATAL out of memory <!channel> ``` end")


def mail(notification: Any) -> str:
    message = compose(notification, "fire@example.com", ["a@example.com"])
    body = message.get_body(("plain",))
    assert body is not None
    return str(body.get_content())


SAYS = {
    "slack's message": lambda one: str(living_message(one, ()).blocks),
    "slack's reply": lambda one: str((reply(one, ()) or living_message(one, ())).blocks),
    "mail": mail,
    "pagerduty": lambda one: str(trigger_event(one, "Firebrigade")),
}


@pytest.mark.parametrize("says", SAYS.values(), ids=SAYS.keys())
@pytest.mark.parametrize("reason", [Reason.ESCALATED, Reason.APPROVAL])
def test_who_has_to_look_into_it_is_told_what_was_found(notify: Any, says: Any, reason: Reason) -> None:
    said = says(notify(reason=reason, diagnostics=FOUND))
    assert "pod ryot-1: OOMKilled, not ready, 7 restarts" in said
    assert "FATAL out of memory" in said


def test_a_log_s_line_neither_calls_anybody_nor_ends_the_code_in_slack(notify: Any) -> None:
    content = reply(notify(reason=Reason.ESCALATED, diagnostics=FOUND), ())
    assert content is not None
    (text,) = [one["text"]["text"] for one in content.blocks if "Diagnostics" in one["text"]["text"]]
    assert text.count("```") == 2
    assert "<!channel>" not in text
    assert "&lt;!channel&gt;" in text


@pytest.mark.parametrize("says", SAYS.values(), ids=SAYS.keys())
def test_where_nothing_was_looked_at_nothing_is_said_of_it(notify: Any, says: Any) -> None:
    assert "iagnostics" not in says(notify(reason=Reason.ESCALATED))

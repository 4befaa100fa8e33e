"""A plan that waits for a person, as each channel says it: what, where, and how to answer."""

from typing import Any

import pytest
from structlog.testing import capture_logs

from firebrigade.receivers.contract import ApprovalRequest, Reason
from firebrigade.receivers.email_message import compose
from firebrigade.receivers.log import Log, LogConfig
from firebrigade.receivers.pagerduty_event import trigger_event
from firebrigade.receivers.slack_message import living_message, reply

APPROVAL = ApprovalRequest(
    step=1,
    plan="3f9c2a7b81d4" + "0" * 52,
    summary="Evict pod ryot-1.",
    details=("where: deployment/neurectomy/ryot", "undone: not taken back"),
    approve_with="firebrigade incident approve 42 3f9c2a7b81d4",
    reject_with="firebrigade incident reject 42 3f9c2a7b81d4",
)
PARTS = (
    "Evict pod ryot-1.",
    "where: deployment/neurectomy/ryot",
    "undone: not taken back",
    "firebrigade incident approve 42 3f9c2a7b81d4",
    "firebrigade incident reject 42 3f9c2a7b81d4",
)


@pytest.fixture(scope="session")
def asking(notify: Any) -> Any:
    """A notification that asks people to approve a plan."""
    return notify(reason=Reason.APPROVAL, approval=APPROVAL, delivery_id="delivery-approval")


def log_line(notification: Any) -> str:
    with capture_logs() as written:
        Log(LogConfig()).deliver(notification)
    return str(written[0])


SAYS = {
    "slack's message": lambda one: str(living_message(one, ()).blocks),
    "slack's reply": lambda one: str((reply(one, ()) or living_message(one, ())).blocks),
    "mail": lambda one: compose(one, "fire@example.com", ["a@example.com"]).as_string(),
    "pagerduty": lambda one: str(trigger_event(one, "Firebrigade")),
    "log": log_line,
}


@pytest.mark.parametrize("says", SAYS.values(), ids=SAYS.keys())
def test_a_plan_that_waits_is_said_with_how_to_answer(asking: Any, says: Any) -> None:
    said = says(asking)
    assert [part for part in PARTS if part not in said] == []


@pytest.mark.parametrize("says", SAYS.values(), ids=SAYS.keys())
def test_where_no_plan_waits_nothing_is_said_of_one(notify: Any, says: Any) -> None:
    assert "approv" not in says(notify())


def test_slack_rings_those_who_are_to_approve(asking: Any) -> None:
    said = reply(asking, ["here"])
    assert said is not None
    assert said.text == "<!here> A plan waits for approval: ServiceDown: ryot"


def test_a_page_of_a_new_level_asks_as_well(asking: Any, notify: Any) -> None:
    said = reply(notify(reason=Reason.ESCALATED, level=2, approval=asking.approval), ())
    assert said is not None
    assert PARTS[3] in str(said.blocks)


LEFT = "Runbook service-down: Left for a person to do. Its commands: firebrigade runbook show service-down pod=ryot-1"


@pytest.mark.parametrize("says", SAYS.values(), ids=SAYS.keys())
def test_a_plan_that_people_carry_out_is_said_with_its_commands(notify: Any, says: Any) -> None:
    left = notify(reason=Reason.SUGGESTED, automation=LEFT, delivery_id="delivery-suggested")
    assert "firebrigade runbook show service-down" in says(left).replace("=\r\n", "")  # as mail breaks its lines
    assert "approv" not in says(left).lower()


@pytest.mark.parametrize("name", ["mail", "log"])
def test_a_plan_that_people_carry_out_is_called_a_suggestion(notify: Any, name: str) -> None:
    assert "suggested" in SAYS[name](notify(reason=Reason.SUGGESTED, automation=LEFT)).lower()


def test_slack_rings_those_who_are_to_carry_it_out_and_asks_for_no_approval(notify: Any) -> None:
    said = reply(notify(reason=Reason.SUGGESTED, automation=LEFT), ["here"])
    assert said is not None
    assert said.text == "<!here> A plan is left for you to carry out: ServiceDown: ryot"

"""``firebrigade trust`` against the real API."""

import json
from collections.abc import Callable
from typing import Any

import pytest
from click.testing import Result
from sqlalchemy import text

from firebrigade.responder.model_steps import StepStatus
from firebrigade.responder.store.ledger import _add
from firebrigade.responder.trust import TrustEntry, TrustEvent, TrustLevel, TrustSettings
from tests.responder.ended_runs import run_of

SETTINGS = TrustSettings(
    start=TrustLevel.APPROVE,
    promote_after=1,
    environments=("production", "default"),
    promoters=frozenset({"anna"}),
)
pytestmark = pytest.mark.parametrize("service", [SETTINGS], indirect=True, ids=[""])
Run = Callable[..., Result]
REASON = ("--reason", "seen enough")


@pytest.fixture
def trusting(service: Any, firebrigade: Run) -> Any:
    """Return a function: who runs the command, and its words."""

    def run(*words: str, by: str = "anna") -> Result:
        token = service.approvers[by]
        return firebrigade("trust", *words, env={**service.environ, "FIREBRIGADE_API_TOKEN": token})

    return run


def runs(service: Any, status: StepStatus = StepStatus.VERIFIED) -> int:
    return run_of(service.store._database, SETTINGS, "crash-loop", service.clock.now(), status)


def test_the_list_says_the_level_and_what_is_missing(trusting: Any) -> None:
    result = trusting("list")
    assert result.exit_code == 0
    (line,) = [one for one in result.stdout.splitlines() if "crash-loop" in one and "production" in one]
    assert line.split()[:6] == ["crash-loop", "production", "approve", "0", "of", "1"]
    assert json.loads(trusting("list", "--json").stdout)["on"] is True


def test_a_promotion_takes_a_success_and_is_in_the_history(trusting: Any, service: Any) -> None:
    refused = trusting("promote", "crash-loop", "production", *REASON)
    assert (refused.exit_code, "has 0 of the 1 verified runs" in refused.stderr) == (2, True)
    runs(service)
    done = trusting("promote", "crash-loop", "production", *REASON)
    assert done.exit_code == 0
    assert done.stdout == "crash-loop in production is at auto: promoted by anna: seen enough\n"
    again = trusting("promote", "crash-loop", "production", *REASON)
    assert (again.exit_code, "is at auto already" in again.stderr) == (2, True)
    runs(service, StepStatus.FAILED)
    shown = trusting("history", "crash-loop", "production").stdout
    assert "level      approve" in shown
    assert [word for word in shown.split() if word in {"verified", "promoted", "failed"}][-1] == "failed"
    assert len(json.loads(trusting("history", "crash-loop", "production", "--json").stdout)["entries"]) == 3


def test_down_goes_by_one_level_or_to_one(trusting: Any) -> None:
    assert "is at suggest: demoted by bert" in trusting("demote", "crash-loop", *REASON, by="bert").stdout
    assert "is at observe" in trusting("demote", "crash-loop", "default", "--to", "observe", *REASON).stdout
    refused = trusting("demote", "crash-loop", *REASON)
    assert "is at observe, and observe is not below that" in refused.stderr
    assert trusting("demote", "crash-loop", "--to", "auto", *REASON).exit_code == 2


def test_edited_steps_are_demoted_to_what_they_are_shown_at_once(trusting: Any, service: Any) -> None:
    earned = TrustEntry(
        runbook="crash-loop",
        environment="production",
        steps="of before the edit",
        at=service.clock.now(),
        event=TrustEvent.PROMOTED,
        level=TrustLevel.AUTO,
        actor="anna",
        reason="seen enough",
    )
    with service.store._database.write() as connection:
        _add(connection, earned)
    place = ("crash-loop", "production", "--to", "approve", *REASON)
    assert "is at approve: demoted by bert" in trusting("demote", *place, by="bert").stdout
    assert "is at approve, and approve is not below that" in trusting("demote", *place).stderr
    assert len(json.loads(trusting("history", "crash-loop", "production", "--json").stdout)["entries"]) == 2


def test_whoever_may_not_promote_is_told(trusting: Any, service: Any) -> None:
    runs(service)
    refused = trusting("promote", "crash-loop", "production", *REASON, by="bert")
    assert (refused.exit_code, "bert may not promote" in refused.stderr) == (2, True)


def test_a_reason_has_to_be_given(trusting: Any) -> None:
    assert "Missing option '--reason'" in trusting("demote", "crash-loop").stderr


def test_a_ledger_that_was_tampered_with_is_told_entry_by_entry(trusting: Any, service: Any) -> None:
    assert trusting("verify").stdout == "The ledger of trust is as it was written: 0 entries\n"
    trusting("demote", "crash-loop", *REASON)
    head = json.loads(trusting("verify", "--json").stdout)["head"]
    trusting("demote", "crash-loop", *REASON, by="bert")
    kept = trusting("verify", "--head", head)
    assert (kept.exit_code, "as it was written: 2 entries, head 1:" in kept.stdout) == (0, True)
    with service.store._database.write() as connection:
        connection.execute(text("UPDATE trust_ledger SET level = 'auto' WHERE sequence = 2"))
    found = trusting("verify")
    assert (found.exit_code, found.stdout) == (
        1,
        "the ledger of trust: entry 2 was changed: its hash is of another content\n",
    )
    assert json.loads(trusting("verify", "--json").stdout)["problems"][0]["entry"] == 2


def test_a_ledger_that_was_made_anew_is_told_by_a_head_that_was_kept(trusting: Any) -> None:
    trusting("demote", "crash-loop", *REASON)
    found = trusting("verify", "--head", "1:abc")
    assert (found.exit_code, "no entry has the hash 1:abc: the ledger was made anew" in found.stdout) == (1, True)

"""Trust over the API: who may see it, who may lower and raise it, and what they are told."""

from dataclasses import replace
from typing import Any

import pytest
from pydantic import SecretStr

from firebrigade.responder.authentication import Access, make_approvers
from firebrigade.responder.model_steps import StepStatus
from firebrigade.responder.trust import TrustLevel, TrustSettings
from tests.responder.ended_runs import run_of

TOKENS = {"anna": "annas-own-token-000000", "bert": "berts-own-token-000000"}
API = "/api/v1/trust"
PLACE = f"{API}/crash-loop/production"
SETTINGS = TrustSettings(
    start=TrustLevel.APPROVE, promote_after=2, environments=("production", "staging"), promoters=frozenset({"anna"})
)


@pytest.fixture
def trusting(make_web: Any, access: Access) -> Any:
    """The application with trust; anna may promote, bert may only approve."""
    approvers = make_approvers({name: SecretStr(token) for name, token in TOKENS.items()})
    return make_web(access=replace(access, approvers=approvers), trust=SETTINGS)


def ask(web: Any, path: str = API) -> Any:
    return web.client.get(path, headers=web.authorization)


def say(web: Any, level: object, *, by: str = "anna", path: str = PLACE, **body: Any) -> Any:
    sent = {"level": level, "reason": "seen enough", **body}
    return web.client.post(path, json=sent, headers={"Authorization": f"Bearer {TOKENS[by]}"})


def runs(web: Any, *statuses: StepStatus) -> None:
    for status in statuses:
        run_of(web.store._database, SETTINGS, "crash-loop", web.clock.now(), status)


def test_without_trust_modes_alone_decide(web: Any) -> None:
    assert ask(web).json == {"on": False, "standings": []}
    assert ask(web, PLACE).status_code == 409
    assert "add trust: {} to firebrigade.yaml" in ask(web, PLACE).json["error"]


def test_every_runbook_with_steps_stands_somewhere_in_every_environment(trusting: Any) -> None:
    answer = ask(trusting).json
    assert answer["on"] is True
    found = {(one["runbook"], one["environment"]) for one in answer["standings"]}
    assert {("crash-loop", "production"), ("crash-loop", "staging")} <= found
    (one,) = [one for one in answer["standings"] if (one["runbook"], one["environment"]) == ("crash-loop", "staging")]
    assert one == {
        "runbook": "crash-loop",
        "environment": "staging",
        "level": "approve",
        "held": "approve",
        "because": "where every runbook starts",
        "successes": 0,
        "needed": 2,
        "since": None,
        "words": "trust is at approve, 0 of 2 verified runs",
    }


def test_after_enough_successes_a_person_promotes_and_a_failure_takes_it_back(trusting: Any) -> None:
    runs(trusting, StepStatus.VERIFIED)
    refused = say(trusting, "auto")
    assert refused.status_code == 409
    assert "has 1 of the 2 verified runs that a promotion takes" in refused.json["error"]
    runs(trusting, StepStatus.VERIFIED)
    done = say(trusting, "auto")
    assert (done.status_code, done.json["standing"]["level"]) == (200, "auto")
    assert done.json["standing"]["because"] == "promoted by anna: seen enough"
    assert trusting.engine.wakings == 1
    runs(trusting, StepStatus.FAILED)
    answer = ask(trusting, PLACE).json
    assert answer["standing"]["level"] == "approve"
    told = [(one["event"], one["level"], one["actor"], one["incident_id"]) for one in answer["entries"]]
    assert told == [
        ("verified", None, "firebrigade", 1),
        ("verified", None, "firebrigade", 2),
        ("promoted", "auto", "anna", None),
        ("failed", "approve", "firebrigade", 3),
    ]


def test_the_same_again_changes_nothing_whoever_says_it(trusting: Any) -> None:
    for by in ("anna", "anna", "bert"):
        assert say(trusting, "suggest", by=by).status_code == 200
    assert [one["actor"] for one in ask(trusting, PLACE).json["entries"]] == ["anna"]


def test_every_approver_may_lower_and_only_some_may_raise(trusting: Any) -> None:
    runs(trusting, StepStatus.VERIFIED, StepStatus.VERIFIED)
    refused = say(trusting, "auto", by="bert")
    assert (refused.status_code, "bert may not promote" in refused.json["error"]) == (403, True)
    assert say(trusting, "observe", by="bert").json["standing"]["level"] == "observe"


def test_the_apis_own_credentials_see_and_change_nothing(trusting: Any) -> None:
    assert ask(trusting, PLACE).status_code == 200
    sent = {"level": "observe", "reason": "x"}
    answer = trusting.client.post(PLACE, json=sent, headers=trusting.authorization)
    assert answer.status_code == 403
    assert ask(trusting, PLACE).json["entries"] == []


@pytest.mark.parametrize(
    ("changes", "code", "said"),
    [
        pytest.param({"path": f"{API}/crash-lop/production"}, 404, "did you mean crash-loop?", id="no such runbook"),
        pytest.param({"path": f"{API}/crash-loop/prod"}, 404, "there is no environment 'prod'", id="no environment"),
        pytest.param({"level": "full"}, 400, "level: must be one of observe, suggest, approve, auto", id="no level"),
        pytest.param({"level": 3}, 400, "level: must be a string", id="a number"),
        pytest.param({"reason": "  "}, 400, "reason: must say why", id="no reason"),
        pytest.param({"reason": "x" * 301}, 400, "at most 300 printable characters", id="a long reason"),
        pytest.param({"reason": "a\nb"}, 400, "at most 300 printable characters", id="a reason of two lines"),
        pytest.param({"level": "auto"}, 409, "has 0 of the 2", id="nothing earned"),
    ],
)
def test_a_wrong_request_is_one_sentence(trusting: Any, changes: dict[str, Any], code: int, said: str) -> None:
    answer = say(trusting, **{"level": "observe", **changes})
    assert (answer.status_code, said in answer.json["error"]) == (code, True), answer.json
    assert ask(trusting, PLACE).json["entries"] == []

"""Approving and rejecting over the API: who may, what they must name, and what they are told."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from pydantic import SecretStr

from firebrigade.responder.approval import hash_of, proposed
from firebrigade.responder.authentication import Access, Credentials, make_approvers, make_credentials
from firebrigade.responder.case import Outcome
from firebrigade.responder.model import Alert, AlertGroup, AlertStatus
from firebrigade.responder.model_steps import StepResult, StepStatus

API = "/api/v1/incidents/1"
WITHIN = timedelta(minutes=15)
TOKENS = {"anna": "annas-own-token-000000", "bert": "berts-own-token-000000"}
DEFINITION = {
    "name": "restart",
    "action": "restart_pod",
    "target": {},
    "params": {},
    "verify_within_seconds": 180,
    "verify_query": "up == 1",
    "undo": True,
}
PLAN = {
    "step_id": "fb-1-0",
    "action": "restart_pod",
    "target": {"kind": "deployment", "namespace": "shop", "name": "checkout"},
    "params": {},
    "before": {"ready": 2},
    "desired": {"ready": 3},
    "precondition": {"uid": "u-1"},
    "summary": "Evict pod checkout-1.",
    "planned_at": "2026-01-05T09:00:00+00:00",
}


def group() -> AlertGroup:
    labels = {"alertname": "ServiceDown", "severity": "critical"}
    alert = Alert(
        fingerprint="f",
        status=AlertStatus.FIRING,
        labels=labels,
        annotations={},
        starts_at=datetime(2026, 1, 5, 9, 0, tzinfo=UTC),
    )
    return AlertGroup(
        source="am",
        receiver="firebrigade",
        status=AlertStatus.FIRING,
        group_key="key",
        group_labels=labels,
        common_labels=labels,
        common_annotations={},
        external_url="",
        alerts=(alert,),
    )


@pytest.fixture
def approving(make_web: Any, access: Access) -> Any:
    """The application with one incident, the first of whose steps waits for anna or bert."""
    approvers = make_approvers({name: SecretStr(token) for name, token in TOKENS.items()})
    web = make_web(access=replace(access, approvers=approvers))
    now = web.clock.now()
    web.store.record(group(), now)
    step = StepResult(
        id=0,
        step_id="fb-1-0",
        incident_id=1,
        position=0,
        name="restart",
        action="restart_pod",
        status=StepStatus.PLANNED,
        created_at=now,
        next_attempt_at=now,
        definition=DEFINITION,
        plan=PLAN,
    )
    steps = (proposed(step, now, WITHIN)[0], replace(step, step_id="fb-1-1", position=1, plan=None))
    web.store.decide(1, now, lambda case: Outcome(incident=case.incident, steps=steps))
    web.clock.advance(timedelta(minutes=1))
    web.plan = hash_of(step)
    return web


def say(web: Any, verb: str = "approve", *, token: str = TOKENS["anna"], step: object = 1, **body: Any) -> Any:
    headers = {"Authorization": f"Bearer {token}"}
    return web.client.post(f"{API}/steps/{step}/{verb}", json={"plan": web.plan, **body}, headers=headers)


def test_an_incident_shows_the_plan_that_waits_and_an_approver_may_see_it(approving: Any) -> None:
    shown = approving.client.get(API, headers={"Authorization": f"Bearer {TOKENS['anna']}"}).json
    proposal = shown["proposal"]
    assert (proposal["number"], proposal["plan"], proposal["target"]) == (1, approving.plan, "deployment/shop/checkout")
    assert (proposal["before"], proposal["desired"]) == ({"ready": 2}, {"ready": 3})
    assert proposal["verified_by"] == "healthy in the cluster and up == 1, within 3m"
    assert proposal["undone_by"] == "taken back if it did not help, as far as that can be"
    assert "ServiceDown" in proposal["why"]
    assert (proposal["proposed_at"], proposal["expires_at"]) == ("2026-01-05T09:00:00Z", "2026-01-05T09:15:00Z")
    assert [(step["number"], step["plan_hash"]) for step in shown["steps"]] == [(1, approving.plan), (2, "")]


@pytest.mark.parametrize(("verb", "status"), [("approve", "approved"), ("reject", "rejected")])
def test_an_answer_is_recorded_by_the_name_that_its_token_has(approving: Any, verb: str, status: str) -> None:
    answer = say(approving, verb, note="CHG-7")
    assert answer.status_code == 200
    step = answer.json["step"]
    assert (step["status"], step["answered_by"], step["answered_at"]) == (status, "anna", "2026-01-05T09:01:00Z")
    assert approving.engine.wakings == 1
    entry = approving.store.timeline(1)[-1]
    assert (entry.kind, entry.actor) == (status, "anna")
    assert "CHG-7" in entry.detail
    again = say(approving, verb, token=TOKENS["bert"])
    assert (again.status_code, again.json["step"]["answered_by"]) == (200, "anna")
    assert len([one for one in approving.store.timeline(1) if one.kind == status]) == 1


def test_an_actor_in_the_body_is_nobody(approving: Any) -> None:
    assert say(approving, actor="the boss").json["step"]["answered_by"] == "anna"


@pytest.mark.parametrize("verb", ["approve", "reject"])
def test_the_credentials_of_the_webhook_and_the_api_may_not_answer(approving: Any, verb: str) -> None:
    webhook = approving.authorization["Authorization"].removeprefix("Bearer ")
    answer = say(approving, verb, token=webhook)
    assert answer.status_code == 403
    assert "may not approve or reject" in answer.json["error"]
    assert approving.store.steps(1)[0].status == "proposed"


def test_a_token_of_the_api_alone_may_not_answer(make_web: Any, access: Access) -> None:
    api = make_credentials(bearer_tokens=[SecretStr("for-people")])
    web = make_web(access=replace(access, api=api))
    headers = {"Authorization": "Bearer for-people"}
    assert web.client.post(f"{API}/steps/1/approve", json={"plan": "0" * 64}, headers=headers).status_code == 403


def test_where_anyone_may_do_anything_nobody_may_approve(make_web: Any) -> None:
    anyone = Credentials(open_to_anyone=True)
    web = make_web(access=Access(webhook=anyone, api=anyone))
    assert web.client.get("/api/v1/incidents").status_code == 200
    assert web.client.post(f"{API}/steps/1/approve", json={"plan": "0" * 64}).status_code == 403


def test_approvers_do_not_close_an_api_that_is_open_to_anyone(make_web: Any) -> None:
    anyone = Credentials(open_to_anyone=True)
    web = make_web(access=Access(webhook=anyone, api=anyone, approvers=make_approvers({"anna": SecretStr("x" * 16)})))
    assert web.client.get("/api/v1/incidents").status_code == 200


def test_an_approver_posts_no_alerts(approving: Any) -> None:
    headers = {"Authorization": f"Bearer {TOKENS['anna']}"}
    assert approving.client.post("/api/v1/webhook/alertmanager", json={}, headers=headers).status_code == 401


@pytest.mark.parametrize("presented", ["", "Bearer ", "Bearer nobody", "Basic YW5uYTphbm5h"])
def test_whoever_is_unknown_is_not_let_in(approving: Any, presented: str) -> None:
    headers = {"Authorization": presented} if presented else {}
    answer = approving.client.post(f"{API}/steps/1/approve", json={"plan": approving.plan}, headers=headers)
    assert answer.status_code == 401


def test_a_page_of_another_site_may_not_answer(approving: Any) -> None:
    headers = {"Authorization": f"Bearer {TOKENS['anna']}", "Origin": "https://evil.example"}
    answer = approving.client.post(f"{API}/steps/1/approve", json={"plan": approving.plan}, headers=headers)
    assert answer.status_code == 403
    assert approving.store.steps(1)[0].status == "proposed"


@pytest.mark.parametrize(
    ("body", "words"),
    [
        pytest.param({"plan": ""}, "plan: must not be empty", id="no plan"),
        pytest.param({"plan": "3f9c2a7b81d4"}, "64 digits", id="the short name of a plan"),
        pytest.param({"plan": None}, "plan", id="null"),
        pytest.param({"plan": ["0" * 64]}, "plan", id="a list"),
        pytest.param({"plan": "G" * 64}, "64 digits", id="no digits"),
        pytest.param({"note": "x" * 301}, "note: must be at most 300", id="a long note"),
        pytest.param({"note": "two\nlines"}, "note: must be at most 300 printable", id="a note of two lines"),
    ],
)
def test_a_wrong_body_is_told_in_one_sentence(approving: Any, body: dict[str, Any], words: str) -> None:
    answer = say(approving, **body)
    assert answer.status_code == 400
    assert words in answer.json["error"]
    assert approving.store.steps(1)[0].status == "proposed"


@pytest.mark.parametrize(
    ("step", "status", "words"),
    [
        pytest.param(2, 409, "step 2 (restart) is planned", id="waits for nobody"),
        pytest.param(3, 404, "has no step 3", id="no such step"),
        pytest.param(0, 404, "has no step 0", id="steps begin at one"),
        pytest.param(10**12, 404, "has no step", id="beyond any number"),
    ],
)
def test_another_step_is_another_answer(approving: Any, step: int, status: int, words: str) -> None:
    answer = say(approving, step=step)
    assert answer.status_code == status
    assert words in answer.json["error"]


def test_another_plan_is_a_conflict_that_shows_the_one_there_is(approving: Any) -> None:
    answer = say(approving, plan="0" * 64)
    assert answer.status_code == 409
    assert f"now it is {approving.plan[:12]}, Evict pod checkout-1." in answer.json["error"]


def test_after_the_time_it_is_a_conflict(approving: Any) -> None:
    approving.clock.advance(WITHIN)
    answer = say(approving)
    assert (answer.status_code, "has expired" in answer.json["error"]) == (409, True)


def test_after_the_end_of_the_incident_it_is_a_conflict(approving: Any) -> None:
    approving.store.resolve(1, "mara", approving.clock.now())
    answer = say(approving)
    assert (answer.status_code, "resolved, by mara" in answer.json["error"]) == (409, True)

"""http_request: a named endpoint, a key, no other host, and nothing of a label that could be an address."""

from dataclasses import replace
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import SecretStr, ValidationError

from firebrigade.runbooks.actions.http_request import HttpRequest, HttpRequestParams
from firebrigade.runbooks.contract import (
    Health,
    PermanentActionError,
    Plan,
    Refusal,
    RefusalReason,
    RunbookStep,
    Target,
    TemporaryActionError,
    UnknownOutcomeError,
)
from firebrigade.runbooks.endpoints import EndpointClient, EndpointSettings
from firebrigade.runbooks.executor import RunbookExecutor
from firebrigade.runbooks.guards import GuardSettings, guards_for
from firebrigade.runbooks.trouble import Trouble, rendered
from tests.runbooks.little_world import HOOKS

LABELS = {"service": "checkout", "namespace": "shop"}


def planned(world: Any, labels: dict[str, str] | None = None, **params: Any) -> Plan | Refusal:
    given: dict[str, Any] = {"path": "/drain/$service", "repeatable": True, **params}
    found: Plan | Refusal = world.actions["http_request"].plan_for(
        Trouble(labels=LABELS if labels is None else labels),
        HOOKS,
        HttpRequestParams.model_validate(given),
        "step-1",
        world.clock.now(),
    )
    return found


def plan(world: Any, **params: Any) -> Plan:
    found = planned(world, **params)
    assert isinstance(found, Plan), found
    return found


def test_the_request_is_sent_as_it_was_planned_with_its_key(world: Any) -> None:
    made = plan(world, body={"service": "$service", "hard": True, "grace": 5})
    change = world.actions["http_request"].apply(made)
    (request,) = world.endpoint.requests
    assert (request.method, request.path) == ("POST", "/drain/checkout")
    assert request.headers["idempotency-key"] == "step-1"
    assert request.json() == {"service": "checkout", "hard": True, "grace": 5}
    assert change.after == {"status": 202}
    assert made.summary == "Send POST /drain/checkout to the endpoint hooks."


def test_what_it_is_about_can_be_named_in_patterns_and_told_apart_by_cooldowns(world: Any) -> None:
    assert plan(world).target == Target(kind="endpoint", namespace="", name="hooks.drain.checkout")


@pytest.mark.parametrize(
    "value", ["../admin", "a/b", "..", ".", "a?b", "a#b", "a%2fb", "a b", "a\r\nHost: x", "", "é", "a\\b", "x" * 300]
)
def test_a_label_never_changes_where_a_request_goes(world: Any, value: str) -> None:
    refusal = planned(world, labels={"service": value})
    assert isinstance(refusal, Refusal)
    assert refusal.reason is RefusalReason.INVALID_TARGET
    assert world.endpoint.requests == []


@given(value=st.text())
def test_a_value_stays_within_its_part_of_the_path(value: str) -> None:
    try:
        path = rendered("/a/$label/b", {"label": value})
    except ValueError:
        return
    assert path.split("/") == ["", "a", value, "b"]
    assert value.isascii()
    assert value.isprintable()


@pytest.mark.parametrize(
    "params",
    [
        {"path": "drain", "repeatable": True},
        {"path": "//evil.example/x", "repeatable": True},
        {"path": "/a/../b", "repeatable": True},
        {"path": "/a b", "repeatable": True},
        {"path": "/a#b", "repeatable": True},
        {"path": "http://evil.example/", "repeatable": True},
        {"path": "/drain"},
        {"path": "/drain", "method": "GET"},
        {"path": "/drain", "repeatable": True, "body": {"a": {"b": 1}}},
        {"path": "/drain", "repeatable": True, "status": "runs"},
    ],
)
def test_a_request_that_could_do_harm_is_refused_when_it_is_loaded(params: dict[str, Any]) -> None:
    with pytest.raises(ValidationError):
        HttpRequestParams.model_validate(params)


@pytest.mark.parametrize("method", ["PUT", "DELETE"])
def test_what_is_idempotent_by_its_method_needs_no_word(method: str) -> None:
    assert HttpRequestParams.model_validate({"path": "/drain", "method": method}).method == method


@pytest.mark.parametrize(("path", "words"), [("/elsewhere", "redirects are not followed"), ("/refused", "with 422")])
def test_a_redirect_and_a_refusal_end_the_step(world: Any, path: str, words: str) -> None:
    with pytest.raises(PermanentActionError, match=words):
        world.actions["http_request"].apply(plan(world, path=path))
    assert len(world.endpoint.requests) == 1


@pytest.mark.parametrize("status", [409, 429, 500, 503])
def test_a_service_that_is_busy_is_asked_again_with_the_same_key(world: Any, status: int) -> None:
    made = plan(world)
    world.endpoint.faults.add(status, method="POST", retry_after=7)
    with pytest.raises(TemporaryActionError) as raised:
        world.actions["http_request"].apply(made)
    assert raised.value.retry_after_seconds == 7
    assert not world.actions["http_request"].apply(made).already


def test_no_answer_leaves_the_outcome_unknown_and_the_key_finds_out(world: Any) -> None:
    made = plan(world)
    world.endpoint.faults.add("hang-after", method="POST")
    action = HttpRequest({"hooks": _client(world, timeout_seconds=0.2)})
    with pytest.raises(UnknownOutcomeError):
        action.apply(made)
    world.endpoint.faults.clear()
    assert action.apply(made).already
    assert world.endpoint.effects == 1


def test_a_service_that_is_not_there_was_never_asked(world: Any) -> None:
    gone = EndpointClient(EndpointSettings(name="hooks", url="http://127.0.0.1:9"))
    with pytest.raises(TemporaryActionError, match="can't be reached"):
        HttpRequest({"hooks": gone}).apply(plan(world))


def test_the_token_is_sent_and_seen_nowhere(world: Any) -> None:
    action = HttpRequest({"hooks": _client(world, token=SecretStr("its-token"))})
    made = plan(world)
    action.apply(made)
    assert world.endpoint.requests[0].headers["authorization"] == "Bearer its-token"
    assert "its-token" not in repr(made)


@pytest.mark.parametrize(("status", "health"), [(200, Health.HEALTHY), (204, Health.HEALTHY), (410, Health.FAILED)])
def test_the_status_says_whether_it_is_done(world: Any, status: int, health: Health) -> None:
    made = plan(world, status="/runs/$step_id")
    assert made.seen == {"status": 404}
    assert made.desired["status"] == "/runs/step-1"
    world.endpoint.faults.add(status, method="GET")
    assert world.actions["http_request"].verify(made).health is health


def test_without_a_status_the_query_has_the_word(world: Any) -> None:
    assert world.actions["http_request"].verify(plan(world)).health is Health.HEALTHY


def test_an_endpoint_that_is_taken_out_of_the_configuration_is_not_asked(world: Any) -> None:
    with pytest.raises(PermanentActionError, match="any more"):
        HttpRequest({}).apply(plan(world))


def test_the_executor_hands_the_labels_on_and_the_guards_need_no_namespace(world: Any) -> None:
    executor = RunbookExecutor(world.actions, guards_for(GuardSettings()), None)
    step = replace(_step(), params={"path": "/drain/$service", "repeatable": True})
    made = executor.plan(step, Trouble(labels=LABELS), "step-1", world.clock.now())
    assert isinstance(made, Plan)
    assert made.desired["path"] == "/drain/checkout"
    assert executor.allow(made, (), world.clock.now()) is None


def test_a_denied_endpoint_is_not_asked(world: Any) -> None:
    guards = guards_for(GuardSettings(deny_targets=("endpoint/hooks*",)))
    executor = RunbookExecutor(world.actions, guards, None)
    refusal = executor.allow(plan(world), (), world.clock.now())
    assert refusal is not None
    assert refusal.reason is RefusalReason.NOT_ALLOWED


def _step() -> Any:
    return RunbookStep(name="Drain", action="http_request", target={"name": "hooks"})


def _client(world: Any, **settings: Any) -> EndpointClient:
    return EndpointClient(EndpointSettings(name="hooks", url=world.endpoint.address, **settings))

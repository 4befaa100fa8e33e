"""The API's answers: what is shown, what is changed, and who may ask."""

import json
from collections.abc import Callable
from datetime import datetime, timedelta
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from pydantic import SecretStr

from firebrigade.responder.authentication import Access, make_credentials

API = "/api/v1"
ROUTES = [
    ("GET", "/incidents"),
    ("GET", "/incidents/1"),
    *(("POST", f"/incidents/1/{verb}") for verb in ("acknowledge", "resolve", "steps/1/approve", "steps/1/reject")),
    ("GET", "/chains"),
    *((method, path) for method in ("GET", "POST") for path in ("/automation", "/trust/<runbook>/<environment>")),
    *(("GET", path) for path in ("/trust", "/trust/chain")),
    ("GET", "/dead-letters"),
]


@pytest.fixture
def opened(web: Any, read_payload: Callable[[str], bytes]) -> Any:
    """The application with one incident of three alerts."""
    web.client.post(
        f"{API}/webhook/alertmanager",
        data=read_payload("am028-group3-all-firing"),
        content_type="application/json",
        headers=web.authorization,
    )
    web.engine.wakings = 0
    web.clock.advance(timedelta(minutes=1))
    return web


def get(web: Any, path: str) -> Any:
    return web.client.get(API + path, headers=web.authorization)


def post(web: Any, path: str, body: Any = None, **headers: str) -> Any:
    return web.client.post(API + path, json=body, headers=web.authorization | headers)


@pytest.mark.parametrize(("method", "path"), ROUTES)
def test_every_route_asks_for_credentials(opened: Any, method: str, path: str) -> None:
    assert opened.client.open(API + path, method=method).status_code == 401
    assert opened.store.incident(1).status == "triggered"


def test_no_route_is_missing_from_the_table_above(web: Any) -> None:
    rules = {
        (method, rule.rule.replace("<int:incident_id>", "1").replace("<int:number>", "1").removeprefix(API))
        for rule in web.app.url_map.iter_rules()
        if rule.endpoint.startswith("api.")
        for method in rule.methods - {"HEAD", "OPTIONS"}
    }
    assert rules == set(ROUTES)


def test_a_token_of_its_own_closes_the_api_to_alertmanager(make_web: Any) -> None:
    webhook = make_credentials(bearer_tokens=[SecretStr("planted-token-9f3c")])
    web = make_web(access=Access(webhook=webhook, api=make_credentials(bearer_tokens=[SecretStr("for-people")])))
    assert get(web, "/incidents").status_code == 401
    assert web.client.get(f"{API}/incidents", headers={"Authorization": "Bearer for-people"}).status_code == 200


def test_an_incident_is_shown_with_all_that_belongs_to_it(opened: Any) -> None:
    shown = get(opened, "/incidents/1").json
    assert set(shown) == {"incident", "alerts", "timeline", "chain", "deliveries", "steps", "proposal"}
    incident = shown["incident"]
    assert (incident["id"], incident["status"], incident["opened_at"]) == (1, "triggered", "2026-01-05T09:00:00Z")
    assert {alert["labels"]["alertname"] for alert in shown["alerts"]} == {"GroupOfThree"}
    assert shown["alerts"][0]["last_seen_at"] == "2026-01-05T09:00:00Z"
    assert shown["timeline"][0]["kind"] == "opened"
    assert datetime.fromisoformat(shown["timeline"][0]["at"]).tzinfo


@pytest.mark.parametrize(
    ("query", "ids"),
    [
        pytest.param("", [3, 2, 1], id="all, newest first"),
        pytest.param("?status=open", [3, 2], id="open ones"),
        pytest.param("?status=triggered", [3], id="triggered ones"),
        pytest.param("?status=acknowledged", [2], id="acknowledged ones"),
        pytest.param("?status=resolved", [1], id="resolved ones"),
        pytest.param("?limit=2", [3, 2], id="two of them"),
        pytest.param("?limit=2&before=2", [1], id="those before the second"),
        pytest.param("?before=1", [], id="none before the first"),
    ],
)
def test_incidents_are_listed(opened: Any, read_payload: Any, query: str, ids: list[int]) -> None:
    for name in ("am028-unicode-firing", "am028-single-firing"):
        headers = opened.authorization | {"Content-Type": "application/json"}
        opened.client.post(f"{API}/webhook/alertmanager", data=read_payload(name), headers=headers)
    opened.store.resolve(1, "alice", opened.clock.now())
    opened.store.acknowledge(2, "alice", opened.clock.now())
    answer = get(opened, f"/incidents{query}").json
    assert [incident["id"] for incident in answer["incidents"]] == ids
    assert answer["next_before"] == (ids[-1] if "limit" in query and len(ids) == 2 else None)


@pytest.mark.parametrize(
    ("path", "status", "sentence"),
    [
        pytest.param("/incidents?status=closed", 400, "?status: must be one of open", id="a status of its own making"),
        pytest.param("/incidents?limit=0", 400, "?limit: must be a number from 1 to 500", id="no incidents at all"),
        pytest.param("/incidents?limit=501", 400, "?limit: must be", id="too many"),
        pytest.param("/incidents?limit=x", 400, "?limit: must be", id="a limit in letters"),
        pytest.param("/incidents?limit=٣", 400, "?limit: must be", id="other digits"),
        pytest.param(f"/incidents?before={10**30}", 400, "?before: must be", id="a number beyond every column"),
        pytest.param("/incidents/2", 404, "2", id="an incident that is none"),
        pytest.param("/incidents/0", 404, "no such incident", id="no number"),
        pytest.param(f"/incidents/{2**63}", 404, "no such incident", id="an id beyond every column"),
        pytest.param("/incidents/x", 404, "", id="an id in letters"),
        pytest.param("/nothing", 404, "", id="another path"),
    ],
)
def test_a_wrong_question_is_answered_in_one_sentence(opened: Any, path: str, status: int, sentence: str) -> None:
    answer = get(opened, path)
    assert answer.status_code == status
    assert sentence in answer.json["error"]


@pytest.mark.parametrize("slash", ["", "/"])
def test_acknowledging_names_the_actor_and_wakes_the_engine(opened: Any, slash: str) -> None:
    answer = post(opened, f"/incidents/1/acknowledge{slash}", {"actor": "alice"})
    assert (answer.status_code, answer.json["incident"]["status"]) == (200, "acknowledged")
    assert answer.json["incident"]["acknowledged_by"] == "alice"
    assert answer.json["incident"]["acknowledged_at"] == "2026-01-05T09:01:00Z"
    assert opened.engine.wakings == 1


@pytest.mark.parametrize("verb", ["acknowledge", "resolve"])
def test_saying_it_twice_changes_nothing(opened: Any, verb: str) -> None:
    first = post(opened, f"/incidents/1/{verb}", {"actor": "alice"})
    opened.clock.advance(timedelta(minutes=1))
    second = post(opened, f"/incidents/1/{verb}", {"actor": "bob"})
    assert (second.status_code, second.json["incident"][f"{verb}d_by"]) == (200, "alice")
    assert first.json["incident"][f"{verb}d_at"] == second.json["incident"][f"{verb}d_at"]


def test_a_resolved_incident_cannot_be_acknowledged(opened: Any) -> None:
    assert post(opened, "/incidents/1/resolve").json["incident"]["status"] == "resolved"
    answer = post(opened, "/incidents/1/acknowledge")
    assert (answer.status_code, list(answer.json)) == (409, ["error"])


def test_a_missing_incident_cannot_be_resolved(opened: Any) -> None:
    assert post(opened, "/incidents/7/resolve", {"actor": "alice"}).status_code == 404


def test_without_a_body_the_actor_is_the_api(opened: Any) -> None:
    answer = opened.client.post(f"{API}/incidents/1/acknowledge", headers=opened.authorization)
    assert answer.json["incident"]["acknowledged_by"] == "api"


@pytest.mark.parametrize(
    ("body", "sentence"),
    [
        pytest.param({"actor": 1}, "actor: must be a string, not a number", id="a number as actor"),
        pytest.param({"actor": ""}, "actor: must not be empty", id="an empty actor"),
        pytest.param({"actor": "a\nb"}, "actor: must be a name", id="an actor of two lines"),
        pytest.param({"actor": "x" * 101}, "actor: must be a name", id="an actor that is too long"),
        pytest.param([], "the body must be an object, not an array", id="an array"),
    ],
)
def test_a_wrong_body_changes_nothing(opened: Any, body: Any, sentence: str) -> None:
    answer = post(opened, "/incidents/1/acknowledge", body)
    assert answer.status_code == 400
    assert sentence in answer.json["error"]
    assert opened.store.incident(1).status == "triggered"


def test_a_body_that_is_no_json_is_no_json(opened: Any) -> None:
    answer = opened.client.post(f"{API}/incidents/1/resolve", data="actor=x", headers=opened.authorization)
    assert answer.status_code == 415


@pytest.mark.parametrize(
    ("origin", "status"),
    [
        pytest.param("http://localhost", 200, id="the same origin"),
        pytest.param("http://evil.example", 403, id="another site"),
        pytest.param("null", 403, id="a sandboxed page"),
        pytest.param("http://localhost:1", 403, id="another port"),
    ],
)
def test_a_page_of_another_site_changes_nothing(opened: Any, origin: str, status: int) -> None:
    assert post(opened, "/automation", {"on": False}, Origin=origin).status_code == status
    assert opened.store.automation_on() is (status != 200)


def test_automation_is_switched_off_and_on(web: Any) -> None:
    assert get(web, "/automation").json == {"on": True}
    assert post(web, "/automation", {"on": False, "actor": "alice"}).json == {"on": False}
    assert get(web, "/automation").json == {"on": False}
    assert web.engine.wakings == 1
    assert post(web, "/automation", {"on": True}).json == {"on": True}


@pytest.mark.parametrize("body", [{}, {"on": "false"}, {"on": 0}, {"on": None}])
def test_the_switch_takes_true_or_false_only(web: Any, body: Any) -> None:
    assert post(web, "/automation", body).status_code == 400
    assert web.store.automation_on()


def test_dead_letters_are_shown(web: Any) -> None:
    web.store.record_dead_letter("east", "RuntimeError: a bug", b'{"version":"4"}', web.clock.now())
    [letter] = get(web, "/dead-letters").json["dead_letters"]
    assert letter == {
        "id": 1,
        "received_at": "2026-01-05T09:00:00Z",
        "source": "east",
        "error": "RuntimeError: a bug",
        "body": '{"version":"4"}',
    }


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture], deadline=None, max_examples=60)
@given(
    st.sampled_from([path for method, path in ROUTES if method == "POST"]),
    st.binary(max_size=30)
    | st.dictionaries(st.sampled_from(["on", "actor", "x"]), st.text() | st.booleans()).map(
        lambda value: json.dumps(value).encode()
    ),
)
def test_no_body_makes_it_fail(web: Any, path: str, body: bytes) -> None:
    headers = web.authorization | {"Content-Type": "application/json"}
    assert web.client.post(API + path, data=body, headers=headers).status_code in {200, 400, 403, 404}

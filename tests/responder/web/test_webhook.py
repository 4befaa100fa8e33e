"""Every answer of the webhook, and what was committed before it was given."""

import hashlib
import io
import json
from collections.abc import Callable
from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from firebrigade.responder.errors import StoreUnavailableError
from firebrigade.responder.model import AlertGroup, IncidentStatus
from firebrigade.responder.store.store import Store

PATH = "/api/v1/webhook/alertmanager"
PAYLOADS = Path(__file__).parents[2] / "payloads"
VERSION_4 = sorted(path.stem for path in PAYLOADS.glob("*.json") if path.read_bytes().startswith(b"{"))
NOT_VERSION_4 = sorted(path.stem for path in PAYLOADS.glob("*.json") if path.stem not in VERSION_4)


@dataclass
class FailingStore:
    """A store that fails in one way when it records, and in another when it keeps a dead letter."""

    inner: Store
    on_record: Exception | None = None
    on_dead_letter: Exception | None = None

    def record(self, group: AlertGroup, now: Any, body_hash: str = "") -> tuple[int, ...]:
        if self.on_record:
            raise self.on_record
        return self.inner.record(group, now, body_hash)

    def record_dead_letter(self, source: str, error: str, body: bytes, now: Any) -> int:
        if self.on_dead_letter:
            raise self.on_dead_letter
        return self.inner.record_dead_letter(source, error, body, now)

    def __getattr__(self, name: str) -> Any:
        return getattr(self.inner, name)


def post(web: Any, body: bytes, path: str = PATH, **options: Any) -> Any:
    options.setdefault("headers", web.authorization)
    options.setdefault("content_type", "application/json")
    return web.client.post(path, data=body, **options)


def watchdog(status: str = "firing") -> dict[str, Any]:
    return {
        "status": status,
        "labels": {"alertname": "Watchdog"},
        "annotations": {},
        "startsAt": "2026-01-05T08:00:00Z",
        "endsAt": "2026-01-05T08:30:00Z",
    }


@pytest.mark.parametrize("name", VERSION_4)
def test_every_recorded_payload_is_accepted(web: Any, read_payload: Callable[[str], bytes], name: str) -> None:
    body = read_payload(name)
    answer = post(web, body)
    assert answer.status_code == 202
    opened = [1] if json.loads(body)["status"] == "firing" else []
    assert answer.json == {"incidents": opened}
    assert web.store.dead_letters() == []


@pytest.mark.parametrize("name", NOT_VERSION_4)
def test_a_recorded_body_that_is_no_payload_is_refused(web: Any, read_payload: Any, name: str) -> None:
    assert post(web, read_payload(name)).status_code == 400


def test_a_202_means_that_it_is_committed_and_the_engine_woken(web: Any, read_payload: Any) -> None:
    answer = post(web, read_payload("am028-group3-all-firing"))
    [incident] = web.store.incidents()
    assert answer.json == {"incidents": [incident.id]}
    assert len(web.store.alerts(incident.id)) == 3
    assert web.engine.wakings == 1


def test_a_group_goes_from_firing_to_resolved(web: Any, read_payload: Any) -> None:
    for name in ("all-firing", "one-resolved", "fully-resolved"):
        assert post(web, read_payload(f"am028-group3-{name}")).json == {"incidents": [1]}
        web.clock.advance(timedelta(minutes=5))
    assert web.store.incident(1).status is IncidentStatus.RESOLVED


def test_a_repeat_is_known_by_the_hash_of_its_bytes(make_web: Any, store: Store, read_payload: Any) -> None:
    hashes: list[str] = []

    class Listening(FailingStore):
        def record(self, group: AlertGroup, now: Any, body_hash: str = "") -> tuple[int, ...]:
            hashes.append(body_hash)
            return super().record(group, now, body_hash)

    web = make_web(records=Listening(store))
    body = read_payload("am025-repeat-1st")
    assert post(web, body).json == post(web, body).json == {"incidents": [1]}
    assert hashes == [hashlib.sha256(body).hexdigest()] * 2


@pytest.mark.parametrize(
    ("query", "source"),
    [
        pytest.param("", "alertmanager", id="no source"),
        pytest.param("?source=east", "east", id="a source"),
        pytest.param("?source=S%C3%BCd%20%31", "Süd 1", id="a source with a space"),
    ],
)
def test_the_source_is_the_one_in_the_address(web: Any, read_payload: Any, query: str, source: str) -> None:
    post(web, read_payload("am028-single-firing"), PATH + query)
    assert web.store.incident(1).source == source


@pytest.mark.parametrize("query", ["?source=", "?source=a%00b", "?source=a%0Ab", "?source=" + "x" * 101])
def test_a_source_that_is_no_name_is_refused(web: Any, read_payload: Any, query: str) -> None:
    answer = post(web, read_payload("am028-single-firing"), PATH + query)
    assert (answer.status_code, answer.json) == (
        400,
        {"error": "?source: must be a name of 1 to 100 printable characters"},
    )


def test_without_credentials_nothing_is_read(web: Any) -> None:
    answer = post(web, b"x", headers={})
    assert answer.status_code == 401
    assert answer.headers.getlist("WWW-Authenticate") == [
        'Basic realm="firebrigade", charset="UTF-8"',
        'Bearer realm="firebrigade"',
    ]
    assert web.store.dead_letters() == []


def test_basic_authentication_opens_too(web: Any, read_payload: Any) -> None:
    answer = post(web, read_payload("am028-basic-auth"), headers={}, auth=("alertmanager", "planted-pässword-77aa"))
    assert answer.status_code == 202


@pytest.mark.parametrize(
    ("options", "status"),
    [
        pytest.param({"content_type": "text/plain"}, 415, id="another type"),
        pytest.param({"content_type": ""}, 415, id="no type"),
        pytest.param({"content_type": "application/x-www-form-urlencoded"}, 415, id="a form"),
        pytest.param({"content_type": "application/json; charset=utf-8"}, 202, id="a charset is no other type"),
        pytest.param({"content_encoding": "gzip"}, 415, id="compressed"),
        pytest.param({"content_encoding": "identity"}, 202, id="not compressed, in words"),
        pytest.param({"method": "PUT"}, 405, id="another method"),
        pytest.param({"method": "GET"}, 405, id="looked at with a browser"),
        pytest.param({"path": f"{PATH}/"}, 202, id="a slash at the end"),
        pytest.param({"path": PATH.replace("/v1", "//v1")}, 404, id="two slashes inside"),
        pytest.param({"path": f"{PATH}/x"}, 404, id="another path"),
    ],
)
def test_each_request_gets_its_status_and_no_redirect(
    web: Any, read_payload: Any, options: dict[str, Any], status: int
) -> None:
    headers = dict(web.authorization)
    if "content_encoding" in options:
        headers["Content-Encoding"] = options["content_encoding"]
    answer = web.client.open(
        options.get("path", PATH),
        method=options.get("method", "POST"),
        data=read_payload("am028-single-firing"),
        headers=headers,
        content_type=options.get("content_type", "application/json"),
    )
    assert answer.status_code == status
    assert (status == 202) == ("incidents" in answer.json)
    assert (status != 202) == ("error" in answer.json)


@pytest.mark.parametrize("chunked", [False, True], ids=["with a length", "chunked"])
@pytest.mark.parametrize(("size", "status"), [(200_000, 400), (200_001, 413)], ids=["as long as allowed", "longer"])
def test_a_body_above_the_limit_is_refused(web: Any, chunked: bool, size: int, status: int) -> None:
    environ: dict[str, Any] = {"wsgi.input": io.BytesIO(b" " * size)}
    environ |= (
        {"wsgi.input_terminated": True, "HTTP_TRANSFER_ENCODING": "chunked"}
        if chunked
        else {"CONTENT_LENGTH": str(size)}
    )
    answer = web.client.post(
        PATH, environ_overrides=environ, headers=web.authorization, content_type="application/json"
    )
    assert answer.status_code == status


@pytest.mark.parametrize("environ", [{}, {"wsgi.input_terminated": True}], ids=["by the reference", "by gunicorn"])
def test_a_body_shorter_than_it_says_is_refused(web: Any, read_payload: Any, environ: dict[str, Any]) -> None:
    body = read_payload("am028-single-firing")
    environ |= {"wsgi.input": io.BytesIO(body), "CONTENT_LENGTH": str(len(body) + 1)}
    answer = web.client.post(
        PATH, environ_overrides=environ, headers=web.authorization, content_type="application/json"
    )
    assert answer.status_code == 400


def test_a_400_names_the_field_and_repeats_no_value(web: Any) -> None:
    answer = post(web, b'{"version": "very secret"}')
    assert (answer.status_code, answer.json) == (400, {"error": 'version: must be "4"'})
    assert web.value("firebrigade_webhook_refused_payloads_total") == 1


def test_when_the_store_is_unavailable_alertmanager_is_asked_to_send_again(
    make_web: Any, store: Store, read_payload: Any
) -> None:
    web = make_web(records=FailingStore(store, on_record=StoreUnavailableError("the database can't answer: locked")))
    answer = post(web, read_payload("am028-single-firing"))
    assert (answer.status_code, answer.headers["Retry-After"]) == (503, "5")
    assert answer.json == {"error": "the database can't answer: locked"}
    assert (store.incidents(), store.dead_letters(), web.engine.wakings) == ([], [], 0)


def test_what_cannot_be_processed_is_kept_counted_and_accepted(
    make_web: Any, store: Store, read_payload: Any, log_stream: io.StringIO
) -> None:
    web = make_web(records=FailingStore(store, on_record=ArithmeticError("a bug of ours")))
    body = read_payload("am028-single-firing")
    answer = post(web, body, PATH + "?source=east")
    assert (answer.status_code, answer.json) == (202, {"incidents": []})
    [letter] = store.dead_letters()
    assert (letter.source, letter.error, letter.body.encode()) == ("east", "ArithmeticError: a bug of ours", body)
    assert web.value("firebrigade_dead_letters_total") == 1
    assert "dead_letter" in log_stream.getvalue()


def test_labels_beyond_the_limits_become_a_dead_letter(web: Any, read_payload: Any) -> None:
    body = json.loads(read_payload("am028-single-firing"))
    body["alerts"][0]["labels"]["long"] = "x" * 20_000
    assert post(web, json.dumps(body).encode()).status_code == 202
    assert "longer than" in web.store.dead_letters()[0].error


@pytest.mark.parametrize("trouble", [StoreUnavailableError("gone"), RuntimeError("a bug, too")], ids=type)
def test_when_not_even_a_dead_letter_is_kept_alertmanager_is_asked_to_send_again(
    make_web: Any, store: Store, read_payload: Any, trouble: Exception
) -> None:
    web = make_web(records=FailingStore(store, on_record=ArithmeticError("a bug"), on_dead_letter=trouble))
    answer = post(web, read_payload("am028-single-firing"))
    assert (answer.status_code, "Retry-After" in answer.headers) == (503, True)


def test_an_engine_that_cannot_be_woken_does_not_undo_the_202(web: Any, read_payload: Any) -> None:
    web.engine.wakings = "broken"
    assert post(web, read_payload("am028-single-firing")).status_code == 202
    assert len(web.store.incidents()) == 1


def test_a_heartbeat_is_noted_and_never_an_incident(web: Any, read_payload: Any) -> None:
    body = json.loads(read_payload("am028-group3-all-firing"))
    body["alerts"].append(watchdog())
    assert post(web, json.dumps(body).encode()).json == {"incidents": [1]}
    assert list(web.store.heartbeats().values()) == [web.clock.now()]
    assert {alert.alert.labels["alertname"] for alert in web.store.alerts(1)} == {"GroupOfThree"}


def test_heartbeats_alone_open_nothing(web: Any, read_payload: Any) -> None:
    body = json.loads(read_payload("am028-group3-all-firing")) | {"alerts": [watchdog()]}
    assert post(web, json.dumps(body).encode()).json == {"incidents": []}
    assert (web.store.incidents(), len(web.store.heartbeats())) == ([], 1)


def test_a_resolved_watchdog_is_neither_a_heartbeat_nor_an_incident(web: Any, read_payload: Any) -> None:
    body = json.loads(read_payload("am028-group3-all-firing")) | {"alerts": [watchdog("resolved")]}
    assert post(web, json.dumps(body).encode()).json == {"incidents": []}
    assert web.store.heartbeats() == {}


def test_a_wrong_fingerprint_is_counted_and_logged(web: Any, read_payload: Any, log_stream: io.StringIO) -> None:
    body = json.loads(read_payload("am028-single-firing"))
    body["alerts"][0]["fingerprint"] = "0" * 16
    post(web, json.dumps(body).encode())
    assert web.store.alerts(1)[0].alert.fingerprint == "6a02ed74ad072695"
    assert web.value("firebrigade_webhook_wrong_fingerprints_total") == 1
    assert '"event": "wrong_fingerprints"' in log_stream.getvalue()


def test_what_came_is_counted(web: Any, read_payload: Any) -> None:
    post(web, read_payload("am028-many12-max5-truncated"))
    assert web.value("firebrigade_webhook_alerts_total", status="firing") == 5
    assert web.value("firebrigade_webhook_truncated_alerts_total") == 7
    assert web.value("firebrigade_webhook_seconds_count") == 1


def test_no_answer_and_no_log_line_holds_a_secret(web: Any, read_payload: Any, log_stream: io.StringIO) -> None:
    bodies = [
        post(web, read_payload("am028-single-firing")).text,
        post(web, b"{", headers={"Authorization": "Bearer planted-token-9f3c-not"}).text,
        post(web, b'{"version": "planted-token-9f3c"}').text,
    ]
    assert "planted" not in "".join(bodies) + log_stream.getvalue()


JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(st.characters(), max_size=6),
    lambda children: st.lists(children, max_size=3) | st.dictionaries(st.text(max_size=6), children, max_size=3),
    max_leaves=8,
)


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture], deadline=None, max_examples=60)
@given(st.data())
def test_no_body_makes_it_fail(web: Any, read_payload: Any, data: st.DataObject) -> None:
    whole = json.loads(read_payload("am028-unicode-firing"))
    inside = data.draw(st.booleans())
    place = whole["alerts"][0] if inside else whole
    place[data.draw(st.sampled_from(sorted(place)))] = data.draw(JSON)
    assert post(web, json.dumps(whole).encode()).status_code in {202, 400}
    assert web.store.dead_letters() == []

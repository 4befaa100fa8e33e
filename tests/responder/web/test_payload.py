"""What a webhook body may look like, what becomes of it, and how a wrong one is named."""

import json
from contextlib import suppress
from dataclasses import asdict
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from firebrigade.responder import payload as limits
from firebrigade.responder.errors import PayloadError
from firebrigade.responder.fingerprint import fingerprint
from firebrigade.responder.model import AlertGroup, AlertStatus
from firebrigade.responder.payload import PayloadLimitError, parse_payload

PAYLOADS = Path(__file__).parents[2] / "payloads"
VERSION_4 = sorted(path.stem for path in PAYLOADS.glob("*.json") if path.read_bytes().startswith(b"{"))
TEXT = st.text(st.characters(), max_size=8)  # with NUL and surrogates
JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False, allow_infinity=False) | TEXT,
    lambda children: st.lists(children, max_size=4) | st.dictionaries(TEXT, children, max_size=4),
    max_leaves=12,
)


def body(alert: dict[str, Any] | None = None, **fields: Any) -> bytes:
    """Return a small payload of version 4 with some of its fields changed; a value of ... leaves one out."""
    whole_alert = {
        "status": "firing",
        "labels": {"alertname": "ServiceDown", "pod": "ryot-1"},
        "annotations": {"summary": "down"},
        "startsAt": "2026-01-05T09:00:00Z",
        "endsAt": "0001-01-01T00:00:00Z",
        "generatorURL": "http://prometheus.example/graph",
    } | (alert or {})
    whole = {
        "version": "4",
        "groupKey": '{}:{alertname="ServiceDown"}',
        "truncatedAlerts": 0,
        "status": "firing",
        "receiver": "firebrigade",
        "groupLabels": {},
        "commonLabels": {},
        "commonAnnotations": {},
        "externalURL": "http://alertmanager.example",
        "alerts": [{name: value for name, value in whole_alert.items() if value is not ...}],
    } | fields
    return json.dumps({name: value for name, value in whole.items() if value is not ...}).encode()


def parse(*arguments: Any, **fields: Any) -> AlertGroup:
    return parse_payload(body(*arguments, **fields), "default").group


@pytest.mark.parametrize("name", VERSION_4)
def test_every_recorded_payload_is_read_whole(name: str) -> None:
    raw = (PAYLOADS / f"{name}.json").read_bytes()
    said = json.loads(raw)
    read = parse_payload(raw, "east")
    assert read.wrong_fingerprints == 0
    assert read.group.source == "east"
    assert read.group.group_key == said["groupKey"]
    assert read.group.status.value == said["status"]
    assert read.group.truncated_alerts == said["truncatedAlerts"]
    assert [dict(alert.labels) for alert in read.group.alerts] == [alert["labels"] for alert in said["alerts"]]
    assert [dict(alert.annotations) for alert in read.group.alerts] == [
        alert["annotations"] for alert in said["alerts"]
    ]
    assert [alert.ends_at is None for alert in read.group.alerts] == [
        alert["status"] == "firing" for alert in said["alerts"]
    ]


def test_what_prometheus_sends_to_alertmanager_is_no_payload() -> None:
    with pytest.raises(PayloadError, match="the body must be an object, not an array"):
        parse_payload((PAYLOADS / "am028-prometheus-to-am-first.json").read_bytes(), "default")


@pytest.mark.parametrize(
    ("fields", "path"),
    [
        pytest.param({"version": "3"}, "version", id="another version"),
        pytest.param({"version": 4}, "version", id="the version as a number"),
        pytest.param({"version": ...}, "version", id="no version"),
        pytest.param({"alerts": ...}, "alerts", id="no alerts, as with a custom payload"),
        pytest.param({"alerts": {}}, "alerts", id="alerts that are no array"),
        pytest.param({"alerts": ["x"]}, "alerts[0]", id="an alert that is no object"),
        pytest.param({"groupKey": ""}, "groupKey", id="an empty group key"),
        pytest.param({"groupKey": None}, "groupKey", id="a group key that is null"),
        pytest.param({"status": "pending"}, "status", id="a status of its own making"),
        pytest.param({"receiver": 1}, "receiver", id="a receiver that is a number"),
        pytest.param({"groupLabels": []}, "groupLabels", id="labels that are an array"),
        pytest.param({"commonLabels": {"größe": 1}}, 'commonLabels["größe"]', id="a label that is a number"),
        pytest.param({"truncatedAlerts": -1}, "truncatedAlerts", id="fewer than no truncated alerts"),
        pytest.param({"truncatedAlerts": 2**64}, "truncatedAlerts", id="more truncated alerts than a column holds"),
        pytest.param({"truncatedAlerts": True}, "truncatedAlerts", id="true as a number"),
        pytest.param({"truncatedAlerts": 1.5}, "truncatedAlerts", id="half an alert"),
    ],
)
def test_a_wrong_field_is_named_by_its_path(fields: dict[str, Any], path: str) -> None:
    with pytest.raises(PayloadError) as caught:
        parse(**fields)
    assert caught.value.path == path


@pytest.mark.parametrize(
    ("alert", "path"),
    [
        pytest.param({"status": "Firing"}, "alerts[0].status", id="a status in the wrong case"),
        pytest.param({"labels": ...}, "alerts[0].labels", id="no labels"),
        pytest.param({"labels": {"pod": None}}, "alerts[0].labels.pod", id="a label that is null"),
        pytest.param({"labels": {"a b": {}}}, 'alerts[0].labels["a b"]', id="a label that is an object"),
        pytest.param({"annotations": {"summary": 1}}, "alerts[0].annotations.summary", id="a numeric annotation"),
        pytest.param({"startsAt": ...}, "alerts[0].startsAt", id="no start"),
        pytest.param({"startsAt": "yesterday"}, "alerts[0].startsAt", id="a start in words"),
        pytest.param({"startsAt": "2026-02-30T00:00:00Z"}, "alerts[0].startsAt", id="a day that is none"),
        pytest.param({"startsAt": "2026-01-05T09:00:00"}, "alerts[0].startsAt", id="a start without an offset"),
        pytest.param({"endsAt": "2026-13-01T00:00:00Z"}, "alerts[0].endsAt", id="a month that is none"),
        pytest.param({"fingerprint": 7}, "alerts[0].fingerprint", id="a fingerprint that is a number"),
    ],
)
def test_a_wrong_field_of_an_alert_is_named_by_its_path(alert: dict[str, Any], path: str) -> None:
    with pytest.raises(PayloadError) as caught:
        parse(alert)
    assert caught.value.path == path


@pytest.mark.parametrize(
    ("raw", "sentence"),
    [
        pytest.param(b"", "the body is not JSON", id="nothing"),
        pytest.param(b"{", "the body is not JSON", id="half an object"),
        pytest.param(b'{"version":"4"} x', "the body is not JSON", id="something after the end"),
        pytest.param(b"\xff\xfe{\x00}\x00", "the body is not UTF-8", id="UTF-16"),
        pytest.param(b'{"version":"4\xff"}', "not UTF-8: see byte 14", id="a byte that is no UTF-8"),
        pytest.param(b'\xef\xbb\xbf{"version":"4"}', "the body is not JSON", id="a byte order mark"),
        pytest.param(b"[" * 200_000, "nested too deeply", id="bottomless nesting"),
        pytest.param(b'{"a":' * 200_000, "nested too deeply", id="bottomless objects"),
        pytest.param(b'{"version":"4","x":NaN}', "NaN", id="not a number"),
        pytest.param(b'{"version":"4","x":-Infinity}', "infinity", id="an infinity"),
        pytest.param(b'{"truncatedAlerts":' + b"9" * 5000 + b"}", "too long", id="a number of 5000 digits"),
        pytest.param(b'{"version":"4","version":"4"}', "version: stands twice", id="a key that stands twice"),
        pytest.param(
            b'{"version":"4","alerts":[{"labels":{"a":"1","a":"2"}}]}',
            "alerts[0].labels.a: stands twice",
            id="a label that stands twice",
        ),
    ],
)
def test_a_body_that_is_no_json_of_ours_is_refused_in_one_sentence(raw: bytes, sentence: str) -> None:
    with pytest.raises(PayloadError) as caught:
        parse_payload(raw, "default")
    assert sentence in str(caught.value)
    assert "\n" not in str(caught.value)


@pytest.mark.parametrize(
    "fields",
    [
        pytest.param({"notification_reason": "first notification"}, id="0.32's notification_reason"),
        pytest.param({"routeLabels": {"a": [1]}, "future": None}, id="fields of a later version"),
        pytest.param({"truncatedAlerts": ...}, id="no truncatedAlerts, as before 0.22"),
        pytest.param({"externalURL": ..., "groupLabels": None}, id="no address and null labels"),
    ],
)
def test_unknown_and_missing_optional_fields_are_accepted(fields: dict[str, Any]) -> None:
    assert len(parse(**fields).alerts) == 1


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        pytest.param("2026-01-05T09:00:00.123456789Z", datetime(2026, 1, 5, 9, 0, 0, 123456, UTC), id="nanoseconds"),
        pytest.param("2026-01-05T09:00:00.5+05:30", datetime(2026, 1, 5, 3, 30, 0, 500000, UTC), id="an offset"),
        pytest.param("0001-01-01T00:00:00Z", datetime(1, 1, 1, tzinfo=UTC), id="year 1"),
        pytest.param("0001-01-01T00:00:00+14:00", datetime(1, 1, 1, tzinfo=UTC), id="year 1 east of Greenwich"),
    ],
)
def test_a_start_is_read_in_utc(text: str, expected: datetime) -> None:
    assert parse({"startsAt": text}).alerts[0].starts_at == expected


@pytest.mark.parametrize(
    ("alert", "expected"),
    [
        pytest.param({"endsAt": "0001-01-01T00:00:00Z"}, None, id="firing, with Go's zero time"),
        pytest.param({"endsAt": "2026-01-05T10:00:00Z"}, None, id="firing, with the end Prometheus expects"),
        pytest.param({"endsAt": ...}, None, id="no end"),
        pytest.param({"status": "resolved", "endsAt": "0001-01-01T00:00:00Z"}, None, id="resolved without an end"),
        pytest.param(
            {"status": "resolved", "endsAt": "2026-01-05T10:00:00Z"},
            datetime(2026, 1, 5, 10, tzinfo=UTC),
            id="resolved",
        ),
    ],
)
def test_only_a_resolved_alert_has_an_end(alert: dict[str, Any], expected: datetime | None) -> None:
    assert parse(alert).alerts[0].ends_at == expected


def test_a_missing_fingerprint_is_computed() -> None:
    read = parse_payload(body({"labels": {}}), "default")
    assert (read.group.alerts[0].fingerprint, read.wrong_fingerprints) == ("cbf29ce484222325", 0)


def test_a_sender_that_lies_about_a_fingerprint_is_noticed_and_corrected() -> None:
    read = parse_payload(body({"labels": {}, "fingerprint": "0" * 16}), "default")
    assert (read.group.alerts[0].fingerprint, read.wrong_fingerprints) == ("cbf29ce484222325", 1)


def test_an_alert_that_stands_twice_is_one_alert_as_said_last() -> None:
    alert = json.loads(body())["alerts"][0]
    group = parse(alerts=[alert, alert | {"status": "resolved", "endsAt": "2026-01-05T10:00:00Z"}])
    assert [alert.status for alert in group.alerts] == [AlertStatus.RESOLVED]


def test_what_a_database_refuses_is_replaced_and_the_fingerprint_stays_that_of_the_sender() -> None:
    sent = {"nul": "a\0b"}
    alert = parse({"labels": sent, "annotations": {"x\0": "\ud800"}}, groupKey="a\0", receiver="\0").alerts[0]
    assert alert.labels == {"nul": "a�b"}
    assert alert.annotations == {"x�": "�"}
    assert alert.fingerprint == fingerprint(sent)


def test_a_payload_with_more_alerts_than_we_take_is_completed_like_a_truncated_one() -> None:
    alert = json.loads(body())["alerts"][0]
    many = [alert | {"labels": {"n": str(number)}} for number in range(limits.MAX_ALERTS + 3)]
    group = parse(alerts=many, truncatedAlerts=4)
    assert (len(group.alerts), group.truncated_alerts) == (limits.MAX_ALERTS, 7)


@pytest.mark.parametrize(
    "fields",
    [
        pytest.param({"labels": {"a": "x" * (limits.MAX_LABEL_CHARACTERS + 1)}}, id="a value that is too long"),
        pytest.param({"labels": {"x" * (limits.MAX_LABEL_CHARACTERS + 1): ""}}, id="a name that is too long"),
        pytest.param({"labels": {f"l{n}": "" for n in range(limits.MAX_LABELS + 1)}}, id="too many labels"),
        pytest.param({"annotations": {f"a{n}": "" for n in range(limits.MAX_LABELS + 1)}}, id="too many annotations"),
    ],
)
def test_labels_beyond_the_limits_are_for_the_dead_letters(fields: dict[str, Any]) -> None:
    with pytest.raises(PayloadLimitError):
        parse(fields)


def test_an_annotation_that_is_too_long_is_cut() -> None:
    text = parse({"annotations": {"a": "x" * 100_000}}).alerts[0].annotations["a"]
    assert (len(text), text[-1]) == (limits.MAX_ANNOTATION_CHARACTERS, "…")


@settings(deadline=None)
@given(st.binary(max_size=200) | JSON.map(lambda value: json.dumps(value).encode()))
def test_whatever_is_no_payload_is_refused_as_one(raw: bytes) -> None:
    with pytest.raises(PayloadError):
        parse_payload(raw, "default")


FIELDS = st.sampled_from(list(json.loads(body())))
ALERT_FIELDS = st.sampled_from(list(json.loads(body())["alerts"][0]))


@settings(deadline=None)
@given(FIELDS, ALERT_FIELDS, JSON, JSON)
def test_a_payload_with_any_field_replaced_is_read_or_refused(name: str, inner: str, outer: Any, value: Any) -> None:
    for raw in (body(**{name: outer}), body({inner: value})):
        with suppress(PayloadError):
            stored = json.dumps(asdict(parse_payload(raw, "default").group), default=str, ensure_ascii=False)
            assert "\\u0000" not in stored
            assert stored.encode()

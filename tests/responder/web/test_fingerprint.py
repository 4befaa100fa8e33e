"""Fingerprints are those of Alertmanager: every recorded alert proves it."""

import json
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from firebrigade.responder.fingerprint import fingerprint

PAYLOADS = Path(__file__).parents[2] / "payloads"
LABELS = st.dictionaries(
    st.text(st.characters(exclude_categories=["Cs"])), st.text(st.characters(exclude_categories=["Cs"]))
)


def recorded_alerts() -> list[dict[str, object]]:
    bodies = [json.loads(path.read_bytes()) for path in PAYLOADS.glob("*.json")]
    return [alert for body in bodies if isinstance(body, dict) for alert in body["alerts"]]


def test_every_recorded_alert_has_the_fingerprint_that_its_labels_give() -> None:
    alerts = recorded_alerts()
    assert len(alerts) == 90
    assert [fingerprint(alert["labels"]) for alert in alerts] == [alert["fingerprint"] for alert in alerts]  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("labels", "expected"),
    [
        pytest.param({}, "cbf29ce484222325", id="no labels give the offset basis"),
        pytest.param({"alertname": "SingleAlert"}, None, id="one label gives sixteen digits"),
    ],
)
def test_a_label_set_has_sixteen_digits(labels: dict[str, str], expected: str | None) -> None:
    assert len(fingerprint(labels)) == 16
    assert expected in {None, fingerprint(labels)}


@settings(deadline=None)
@given(LABELS)
def test_the_order_of_labels_does_not_matter(labels: dict[str, str]) -> None:
    assert fingerprint(labels) == fingerprint(dict(reversed(labels.items())))


def test_a_value_that_moves_into_its_neighbour_changes_the_fingerprint() -> None:
    assert fingerprint({"a": "bc"}) != fingerprint({"ab": "c"})

"""The log receiver writes one structured line."""

from typing import Any

from structlog.testing import capture_logs

from firebrigade.receivers.log import Log, LogConfig


def test_a_notification_is_one_line_with_its_facts(notify: Any) -> None:
    with capture_logs() as written:
        Log(LogConfig()).deliver(notify())
    assert len(written) == 1
    line = written[0]
    assert line["event"] == "notification"
    assert (line["incident_id"], line["reason"], line["escalation_level"], line["firing"]) == (42, "triggered", 1, 1)
    assert line["delivery_id"] == "delivery-1"
    assert line["at"] == "2026-01-05T09:00:00+00:00"


def test_hostile_values_stay_values_on_one_line(notify: Any) -> None:
    with capture_logs() as written:
        Log(LogConfig()).deliver(notify(title="x\nlevel=critical \x1b[2J", service="y\ud800", summary="z" * 10_000))
    assert all("\n" not in str(value) and len(str(value)) <= 1000 for value in written[0].values())
    assert written[0]["title"] == "x level=critical [2J"
    assert written[0]["service"] == "y?"

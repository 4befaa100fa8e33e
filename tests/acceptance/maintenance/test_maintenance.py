"""Maintenance end to end: windows become silences, exactly one each, and what fires meanwhile waits."""

import json
from collections.abc import Callable
from typing import Any

import pytest

pytestmark = [pytest.mark.acceptance, pytest.mark.xdist_group("maintenance")]

Wait = Callable[..., None]
HOUR = 3600


def test_each_occurrence_has_one_silence_however_often_the_service_is_killed(
    works: Any, make_window: Any, wait: Wait
) -> None:
    works.configure(
        {
            "open": make_window("ryot", starts_in=-60, ends_in=HOUR),
            "soon": make_window("akosha", starts_in=HOUR, ends_in=2 * HOUR),
            "nightly": make_window("sigmavault", cron="0 3 * * *", duration="1h", timezone="Europe/Berlin"),
        }
    )
    # Killed at the very moment at which its work is seen: after the first, after two, after all, and right away.
    for seen in (1, 2, 3, 0):
        works.serve.restart()
        wait(lambda seen=seen: len(works.amtool()) >= seen, lambda: works.serve.log[-2000:])
        works.serve.kill()
    works.serve.restart()
    wait(lambda: len(works.amtool()) >= 3, lambda: str(works.amtool()))
    works.serve.restart()
    marked = works.serve.log.count("silence_created")
    wait(lambda: works.states("nightly") == ["pending"], lambda: str(works.silences("nightly")))
    assert (works.states("open"), works.states("soon")) == (["active"], ["pending"])
    shown = works.amtool('service="ryot"')
    assert [one["createdBy"] for one in shown] == ["firebrigade"]
    assert "a planned upgrade (owner: ops)" in shown[0]["comment"]
    assert marked <= 3


def test_a_window_that_is_removed_takes_its_silence_along(works: Any, make_window: Any, wait: Wait) -> None:
    kept = make_window("sigmalang", starts_in=-60, ends_in=HOUR)
    works.configure({"kept": kept, "removed": make_window("sigmalang", starts_in=-60, ends_in=HOUR)})
    works.serve.restart()
    wait(lambda: works.states("removed") == works.states("kept") == ["active"], lambda: str(works.amtool()))
    works.configure({"kept": kept})
    works.serve.restart()
    wait(lambda: works.states("removed") == ["expired"], lambda: str(works.silences("removed")))
    assert works.states("kept") == ["active"]


def test_what_fires_in_a_window_waits_until_it_ends_and_then_pages_and_acts(
    works: Any, make_window: Any, wait: Wait
) -> None:
    works.configure({"short": make_window("neurectomy-api", starts_in=-60, ends_in=8)})
    works.serve.restart()
    wait(lambda: works.states("short") == ["active"], lambda: str(works.amtool()))
    incident = works.fires("neurectomy-api")
    wait(lambda: "suppressed" in works.kinds(incident), lambda: str(works.incident(incident)))
    found = works.incident(incident)
    assert found["incident"]["suppressed_by"]
    if "suppression_ended" not in works.kinds(incident):
        assert found["deliveries"] == found["steps"] == []
        assert works.pagerduty.events == []
        assert works.cluster.changes == ()
    wait(lambda: "applied" in works.kinds(incident), lambda: str(works.incident(incident)))
    wait(lambda: works.pagerduty.rung() == [found["incident"]["incident_key"]], lambda: str(works.pagerduty.events))
    kinds = works.kinds(incident)
    assert kinds.index("suppressed") < kinds.index("suppression_ended") < kinds.index("routed")
    assert kinds.index("suppression_ended") < kinds.index("applied")
    assert len(works.cluster.changes) == 1


def test_the_command_line_shows_windows_and_handles_silences(works: Any, make_window: Any) -> None:
    works.configure(
        {
            "now": make_window("ryot", starts_in=-60, ends_in=HOUR),
            "later": make_window("akosha", starts_in=2 * HOUR, ends_in=3 * HOUR),
        }
    )
    listed = {one["name"]: one["state"] for one in json.loads(works.command("maintenance", "list", "--json"))}
    assert listed == {"now": "open", "later": "closed"}
    coming = json.loads(works.command("maintenance", "next", "--within", "1d", "--json"))
    assert [one["window"] for one in coming] == ["now", "later"]
    added = json.loads(works.command("silence", "add", 'pod="x"', "--for", "1h", "--comment", "by hand", "--json"))
    assert added["id"] in [one["id"] for one in works.amtool('pod="x"')]
    assert added["id"] in works.command("silence", "list")
    works.command("silence", "expire", added["id"])
    assert works.amtool('pod="x"') == []

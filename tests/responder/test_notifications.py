"""What people read: who does what, how to take it on, and no line twice."""

from dataclasses import replace
from datetime import timedelta
from typing import Any

from firebrigade.receivers.contract import Reason
from firebrigade.responder.case import Outcome
from firebrigade.responder.model import AlertStatus
from firebrigade.responder.notifications import notification
from firebrigade.runbooks.contract import Health
from firebrigade.runbooks.modes import AutomationMode


def _last(world: Any, receiver: str = "slack") -> Any:
    return world.receivers[receiver].attempts[-1]


def test_a_page_says_what_the_machine_will_do_and_how_to_take_it_on(world: Any, runbook: Any) -> None:
    world.runbooks["service-down"] = runbook("restart", "roll-back")
    incident = world.fires()
    page = world.receivers["pagerduty"].attempts[0]
    assert page.automation == "Runbook service-down starts now: restart, then roll-back."
    assert page.acknowledge_with == f"firebrigade incident ack {incident.id}"


def test_without_a_runbook_a_page_says_that_nothing_is_done(world: Any) -> None:
    world.fires()
    assert "nothing is done automatically" in world.receivers["pagerduty"].attempts[0].automation


def test_in_dry_run_a_page_says_that_nothing_is_applied(world: Any, runbook: Any) -> None:
    world.runbooks["service-down"] = runbook("restart")
    world.mode = AutomationMode.DRY_RUN
    world.fires()
    assert "dry run" in world.receivers["pagerduty"].attempts[0].automation


def test_the_end_says_who_ended_it_and_what_had_helped(world: Any, runbook: Any) -> None:
    world.runbooks["service-down"] = runbook("restart")
    world.fires()
    world.resolves()
    assert _last(world).automation == "Resolved by alertmanager. Runbook service-down: restart helped."
    assert _last(world).acknowledge_with == ""


def test_an_end_before_the_verification_does_not_claim_that_it_helped(world: Any, runbook: Any) -> None:
    world.runbooks["service-down"] = runbook("restart")
    world.executor.healths = [Health.WAITING] * 99
    world.fires()
    world.resolves()
    assert _last(world).automation.endswith("restart was applied, and is still being verified.")


def test_a_person_who_closes_what_still_fires_is_not_taken_for_its_end(world: Any) -> None:
    incident = world.fires()
    world.store.resolve(incident.id, "root", world.now)
    world.passes(timedelta(seconds=10))
    assert "1 of its alerts still fire" in _last(world).automation


def test_the_same_line_is_told_once_with_how_often(world: Any) -> None:
    alerts = [world.alert(pod=f"p{number}") for number in range(5)]
    world.fires(*alerts)
    world.resolves(*(world.alert(AlertStatus.RESOLVED, pod=f"p{number}") for number in range(5)))
    lines = _last(world).timeline
    assert [line.split(" ", 1)[1] for line in lines if "joined" in line] == ["alert joined: ServiceDown (5 times)"]
    assert not any("notified" in line for line in lines)


def test_the_runbooks_link_leads_to_where_people_reach_us(world: Any, runbook: Any) -> None:
    world.runbooks["service-down"] = runbook("restart")
    world.fires()
    lookup = replace(world.lookup, public_url="https://firebrigade.test/")

    def decide(case: Any) -> Any:
        _, content = notification(case, lookup, "slack", Reason.UPDATED, turn="x")
        assert content.links["runbook"] == "https://firebrigade.test/runbooks/service-down"
        return Outcome()

    world.store.decide(1, world.now, decide)


def test_the_runbooks_link_brings_the_labels_that_its_commands_want(world: Any, runbook: Any) -> None:
    body = "```sh\nkubectl -n <namespace> logs <pod> -c <container>\n```\n"
    world.runbooks["service-down"] = replace(runbook("restart"), body=body)
    world.fires(world.alert(pod="a b&c", container="-it"))
    lookup = replace(world.lookup, public_url="https://firebrigade.test/")

    def decide(case: Any) -> Any:
        _, content = notification(case, lookup, "slack", Reason.UPDATED, turn="x")
        assert content.links["runbook"].endswith("/runbooks/service-down?namespace=neurectomy&pod=a+b%26c")
        return Outcome()

    world.store.decide(1, world.now, decide)

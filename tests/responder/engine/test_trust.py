"""Trust in virtual time, with the real store and guards: what each level does, and what runs do to it."""

from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest

from firebrigade.responder.approval import Answer, hash_of
from firebrigade.responder.errors import ConflictError
from firebrigade.responder.model import Automation
from firebrigade.responder.store.store import Store
from firebrigade.responder.trust import TrustLevel, TrustSettings
from firebrigade.responder.trusting import Trusting
from firebrigade.runbooks.contract import Health, PermanentActionError, Refusal, RefusalReason, TemporaryActionError
from firebrigade.runbooks.guards import GuardSettings, guards_for
from firebrigade.runbooks.modes import AutomationMode, Modes

OBSERVE, SUGGEST, APPROVE, AUTO = TrustLevel
MINUTE = timedelta(minutes=1)
PLACE = ("service-down", "default")


def trusts(world: Any, start: TrustLevel, *, needed: int = 2) -> Any:
    """Turn trust on in a world whose runbook has one step."""
    settings = TrustSettings(
        start=start, promote_after=needed, environments=("default",), promoters=frozenset({"anna"})
    )
    world.store = Store(world.database, settings)
    return world


@pytest.fixture
def world(world: Any, runbook: Any) -> Any:
    world.runbooks["service-down"] = runbook("restart")
    world.executor.before = {"ready": 2, "wanted": 3, "takes_ready": 0, "disturbs_rollout": False}
    return world


def trusting(world: Any) -> Trusting:
    return Trusting(ledger=world.store.ledger, runbooks=list(world.runbooks.values()), settings=world.store._trust)


def level(world: Any) -> TrustLevel:
    return trusting(world).history(*PLACE)[0].level


def events(world: Any) -> list[str]:
    return [entry.event.value for entry in world.store.ledger.entries()]


def happens(world: Any, *healths: Health, say: Any = None) -> int:
    """Let the alert fire, be worked on, and resolve; return its incident."""
    world.executor.healths = list(healths)
    incident = world.fires()
    if say:
        say(world, incident_id=incident.id)
    world.passes(2 * MINUTE)
    world.resolves()
    world.passes(MINUTE)
    return int(incident.id)


def test_without_trust_nothing_is_limited_and_nothing_is_written(world: Any) -> None:
    happens(world)
    assert len(world.executor.changes) == 1
    assert events(world) == []


def test_at_observe_a_plan_is_written_down_and_nobody_is_asked(world: Any) -> None:
    trusts(world, OBSERVE)
    world.fires()
    world.passes(MINUTE)
    (step,) = world.store.steps(1)
    assert (step.status, step.verdict) == ("refused", "Dry run, trust is at observe, 0 of 2 plans: restart ryot-1")
    assert (world.executor.changes, events(world)) == ([], ["planned"])
    assert not {"approval", "suggested"} & set(world.told("email"))


def test_at_suggest_people_are_told_the_plan_with_its_commands_and_the_run_ends(world: Any, runbook: Any) -> None:
    shown = replace(runbook("restart", "roll-back"), body="```sh\nkubectl -n <namespace> delete pod <pod>\n```\n")
    world.runbooks["service-down"] = shown
    trusts(world, SUGGEST)
    world.fires()
    world.passes(MINUTE)
    assert [step.status for step in world.store.steps(1)] == ["refused", "pending"]
    assert (world.executor.changes, events(world)) == ([], ["planned"])
    for receiver in ("pagerduty", "email", "slack"):
        assert (world.told(receiver).count("suggested"), world.told(receiver).count("approval")) == (1, 0)
        said = world.receivers[receiver].attempts[-1]
        assert said.approval is None
        assert said.automation == (
            "Runbook service-down: Left for a person to do, trust is at suggest, 0 of 2 plans: restart ryot-1. "
            "Its commands: firebrigade runbook show service-down namespace=neurectomy pod=ryot-1"
        )


def test_at_suggest_people_are_paged_at_once_where_the_machine_goes_first(world: Any, policy: Any) -> None:
    world.policies["default"] = replace(policy, automation=Automation.FIRST)
    trusts(world, SUGGEST)
    world.fires()
    assert world.told("pagerduty")[0] == "triggered"


def test_a_label_that_a_shell_would_take_apart_is_quoted(world: Any, runbook: Any) -> None:
    world.runbooks["service-down"] = replace(runbook("restart"), body="```sh\necho <service>\n```\n")
    trusts(world, SUGGEST)
    world.fires(world.alert(service="$(reboot)"))
    assert world.receivers["slack"].attempts[-1].automation.endswith("show service-down 'service=$(reboot)'")


def test_at_approve_a_plan_waits_and_says_that_it_is_for_lack_of_trust(world: Any, say: Any, step_of: Any) -> None:
    trusts(world, APPROVE, needed=5)
    world.fires()
    assert step_of(world).status == "proposed"
    asked = next(one for one in world.receivers["email"].told.values() if one.reason == "approval")
    assert "It waits for a person's approval: trust is at approve, 0 of 5 verified runs." in asked.approval.lines
    entry = next(one for one in world.store.timeline(1) if one.kind == "proposed")
    assert entry.detail.endswith("trust is at approve, 0 of 5 verified runs")
    say(world)
    assert (step_of(world).status, events(world)) == ("verified", [])
    world.resolves()
    assert events(world) == ["verified"]


def test_at_auto_a_plan_is_applied(world: Any) -> None:
    trusts(world, AUTO)
    happens(world)
    assert (len(world.executor.changes), events(world)) == (1, ["verified"])


def test_what_the_mode_says_is_told_where_a_promotion_would_not_help(world: Any, step_of: Any) -> None:
    modes = Modes(mode=AutomationMode.APPROVE)
    world.executor.guards = guards_for(GuardSettings(modes=modes, namespaces=frozenset({"neurectomy"})))
    trusts(world, APPROVE)
    world.fires()
    assert step_of(world).verdict == "It waits for a person's approval by automation.mode."


def test_one_failed_run_demotes_at_once_and_the_next_one_waits_for_a_person(world: Any, say: Any) -> None:
    trusts(world, AUTO)
    happens(world)
    failed = happens(world, Health.FAILED)
    assert (events(world), level(world)) == (["verified", "failed"], APPROVE)
    (lost,) = [entry for entry in world.store.timeline(failed) if entry.kind == "trust_lost"]
    assert lost.detail == (
        "trust of service-down in default goes from auto to approve: restart was not verified: looks failed"
    )
    assert world.store.chain(failed).head.length == len(world.store.timeline(failed))
    again = world.fires()
    assert world.store.steps(again.id)[0].status == "proposed"
    assert len(world.executor.changes) == 2
    world.executor.healths = [Health.FAILED]
    say(world, incident_id=again.id)
    assert level(world) is SUGGEST


def test_the_failure_and_the_demotion_are_one_commit(world: Any) -> None:
    """Whoever reads the step as failed reads the lower level as well."""
    trusts(world, AUTO)
    world.executor.healths = [Health.FAILED]
    world.store.record(world.group(world.alert()), world.now)
    world.sweep.advance_due()
    seen = []
    while (work := world.sweep.claim()) is not None:
        work()
        seen.append((str(world.store.steps(1)[0].status), level(world)))
    assert seen[-1] == ("failed", APPROVE)
    assert ("failed", AUTO) not in seen


def test_making_things_worse_demotes_before_it_has_been_taken_back(world: Any, step_of: Any) -> None:
    trusts(world, AUTO)
    world.executor.undo_errors = [TemporaryActionError("the API server is slow")] * 9
    world.executor.healths = [Health.WORSE] * 20
    world.fires()
    world.passes(MINUTE)
    assert step_of(world).status == "undoing"
    assert (events(world), level(world)) == (["failed"], APPROVE)
    assert "made things worse" in world.store.ledger.entries()[0].reason


def test_a_step_that_failed_costs_a_level_before_the_next_one_begins(world: Any, runbook: Any) -> None:
    world.runbooks["service-down"] = runbook("restart", "roll-back")
    trusts(world, AUTO)
    world.executor.healths = [Health.FAILED]
    world.fires()
    assert [step.status for step in world.store.steps(1)] == ["failed", "proposed"]
    assert (events(world), level(world)) == (["failed"], APPROVE)
    answer = Answer(approve=True, plan=hash_of(world.store.steps(1)[1]), actor="anna")
    world.store.answer_step(1, 1, answer, world.now)
    world.sweep.drain()
    assert world.store.steps(1)[1].status == "verified"
    world.resolves()
    world.passes(MINUTE)
    assert (events(world), level(world)) == (["failed"], APPROVE)


def test_a_failure_counts_though_the_incident_ends_before_the_next_step(world: Any, runbook: Any) -> None:
    world.runbooks["service-down"] = runbook("restart", "roll-back")
    world.executor.plan_refusals = {}
    trusts(world, AUTO)
    world.executor.healths = [Health.FAILED]
    plan = world.executor.plan

    def ends_first(step: Any, *asked: Any) -> Any:
        if step.name == "roll-back":
            world.store.resolve(1, "bert", world.now)
        return plan(step, *asked)

    world.executor.plan = ends_first
    world.fires()
    world.passes(MINUTE)
    assert [step.status for step in world.store.steps(1)] == ["failed", "skipped"]
    assert (events(world), level(world)) == (["failed"], APPROVE)


@pytest.mark.parametrize(
    "spoil",
    [
        pytest.param(lambda world: world.executor.plan_errors.append(PermanentActionError("no")), id="not planned"),
        pytest.param(
            lambda world: setattr(world.executor, "refusal", Refusal(reason=RefusalReason.STORM, summary="storm")),
            id="refused by another guard",
        ),
        pytest.param(lambda world: world.store.switch_automation(False, "anna", world.now), id="switched off"),
    ],
)
def test_a_run_that_changed_nothing_says_nothing_about_the_runbook(world: Any, spoil: Any) -> None:
    trusts(world, AUTO)
    spoil(world)
    happens(world)
    assert (events(world), level(world)) == ([], AUTO)


def test_a_runbook_goes_all_the_way_up_with_a_person_at_each_step(world: Any, say: Any) -> None:
    trusts(world, OBSERVE)
    for wanted in (SUGGEST, APPROVE, AUTO):
        happens(world, say=say if wanted is AUTO else None)
        with pytest.raises(ConflictError, match="1 of the 2"):
            trusting(world).change(PLACE, (wanted, "now"), "anna", world.now)
        happens(world, say=say if wanted is AUTO else None)
        assert trusting(world).change(PLACE, (wanted, "good"), "anna", world.now).level is wanted
        assert trusting(world).change(PLACE, (wanted, "good"), "anna", world.now).level is wanted
    assert events(world).count("promoted") == 3
    happens(world)
    assert len(world.executor.changes) == 3


def test_a_runbook_whose_steps_were_edited_is_back_at_approve(world: Any, runbook: Any) -> None:
    trusts(world, APPROVE, needed=1)
    happens(world, say=lambda world, incident_id: _approve(world, incident_id))
    trusting(world).change(PLACE, (AUTO, "good"), "anna", world.now)
    (step,) = world.runbooks["service-down"].steps
    world.runbooks["service-down"] = runbook(replace(step, undo=True))
    incident = world.fires()
    assert world.store.steps(incident.id)[0].status == "proposed"
    assert "0 of 1 verified runs" in world.store.steps(incident.id)[0].verdict
    with pytest.raises(ConflictError, match="0 of the 1"):
        trusting(world).change(PLACE, (AUTO, "again"), "anna", world.now)


def test_an_edit_of_the_text_for_people_keeps_the_trust(world: Any) -> None:
    trusts(world, AUTO, needed=1)
    world.runbooks["service-down"] = replace(world.runbooks["service-down"], body="better words", title="Down")
    happens(world)
    assert level(world) is AUTO


def test_a_demotion_between_approval_and_change_keeps_the_change_from_being_made(world: Any, step_of: Any) -> None:
    trusts(world, APPROVE)
    world.fires()
    trusting(world).change(PLACE, (OBSERVE, "the cluster moves"), "bert", world.now)
    _approve(world, 1)
    assert (step_of(world).status, step_of(world).refusal) == ("refused", "dry_run")
    assert world.executor.changes == []


def _approve(world: Any, incident_id: int) -> None:
    plan = hash_of(world.store.steps(incident_id)[0])
    world.store.answer_step(incident_id, 0, Answer(approve=True, plan=plan, actor="anna"), world.now)
    world.sweep.drain()

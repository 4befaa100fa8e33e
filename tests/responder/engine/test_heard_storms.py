"""A storm holds back no more than those who were told of it would have been told of."""

from dataclasses import replace
from typing import Any

import pytest

from firebrigade.receivers.contract import PermanentDeliveryError, Reach
from firebrigade.responder.matchers import parse_matchers
from firebrigade.responder.model import EscalationPolicy, EscalationStep, Route
from firebrigade.runbooks.contract import Health, PermanentActionError
from firebrigade.runbooks.guards import GuardSettings, guards_for
from firebrigade.runbooks.modes import AutomationMode, Modes
from tests.responder.keeping_receiver import KeepingReceiver
from tests.responder.storms_at_hand import HOUR, MINUTE, SECOND, details, paged, record, storm_of, trouble

CALM = {"ready": 2, "wanted": 3, "takes_ready": 0, "disturbs_rollout": False}


def policy_of(*targets: str) -> EscalationPolicy:
    return EscalationPolicy(name="x", steps=(EscalationStep(level=1, acknowledge_within=HOUR, targets=targets),))


@pytest.mark.parametrize("acknowledged", [True, False], ids=["acknowledged", "nobody answers"])
def test_who_reads_of_a_storm_does_not_keep_the_pager_quiet(stormy: Any, acknowledged: bool) -> None:
    stormy.policies["chat"] = policy_of("slack")
    stormy.routes.insert(0, Route(matchers=parse_matchers("alertname=IncidentStorm"), receivers=(), policy="chat"))
    found = trouble(stormy, 5)
    if acknowledged:
        stormy.store.acknowledge(storm_of(stormy).id, "anna", stormy.now)
    stormy.passes(MINUTE + 10 * SECOND)
    assert paged(stormy) == [one.id for one in found]


def test_who_reads_of_a_storm_is_enough_for_what_is_only_read(stormy: Any) -> None:
    stormy.policies["chat"] = policy_of("slack")
    stormy.routes = [Route(matchers=(), receivers=("slack",), policy="chat")]
    trouble(stormy, 5)
    stormy.passes(20 * MINUTE)
    assert paged(stormy, "slack") == [storm_of(stormy).id]


def test_the_targets_of_the_first_level_are_as_loud_as_the_receivers(stormy: Any) -> None:
    stormy.policies["chat"], stormy.policies["rings"] = policy_of("slack"), policy_of("pagerduty")
    stormy.routes = [
        Route(matchers=parse_matchers("alertname=IncidentStorm"), receivers=("slack",), policy="chat"),
        Route(matchers=(), receivers=("slack",), policy="rings"),
    ]
    found = trouble(stormy, 5)
    stormy.passes(MINUTE + 10 * SECOND)
    assert paged(stormy) == [one.id for one in found]


def test_what_nobody_could_be_reached_for_goes_on_to_the_next_level(stormy: Any, policy: Any) -> None:
    stormy.receivers["other"] = KeepingReceiver()
    stormy.receivers["other"].fail = PermanentDeliveryError("the key is wrong")
    stormy.reach = {**stormy.reach, "other": Reach.SLEEPER}
    first = replace(policy.steps[0], targets=("other",))
    stormy.policies["other"] = replace(policy, steps=(first, *policy.steps[1:]))
    payments = Route(matchers=parse_matchers("service=payments"), receivers=("other",), policy="other")
    stormy.routes.insert(0, payments)
    mine = record(stormy, 90, service="payments")
    stormy.sweep.advance_due()  # its page is written, and not sent
    trouble(stormy, 5)
    stormy.passes(10 * SECOND)
    assert mine in paged(stormy, "l2")


def test_what_waits_for_a_person_asks_that_person_in_a_storm(stormy: Any, runbook: Any) -> None:
    modes = Modes(mode=AutomationMode.APPROVE)
    stormy.mode = AutomationMode.APPROVE
    stormy.executor.guards = guards_for(GuardSettings(modes=modes, namespaces=frozenset({"neurectomy"})))
    stormy.executor.before = CALM
    stormy.runbooks["service-down"] = runbook("restart")
    trouble(stormy, 5, alertname="Other")
    (mine,) = trouble(stormy, 1, first=90)
    stormy.passes(10 * SECOND)
    assert mine.id in paged(stormy)
    stormy.passes(HOUR, tick=MINUTE)
    assert mine.id in paged(stormy, "l2")  # nobody approved, and that is not held back either


def test_what_the_machine_made_worse_is_not_held(stormy: Any, runbook: Any) -> None:
    stormy.executor.healths = [Health.WORSE] * 99
    stormy.executor.undo_errors = [PermanentActionError("forbidden")] * 9
    stormy.runbooks["service-down"] = runbook("restart")
    trouble(stormy, 5, alertname="Other")
    (mine,) = trouble(stormy, 1, first=90)
    stormy.passes(2 * MINUTE)
    assert mine.id in paged(stormy)
    assert "what the machine did about it needs a person" in details(stormy, mine)


def test_what_the_machine_could_not_repair_is_not_held(stormy: Any, runbook: Any) -> None:
    stormy.executor.errors = [PermanentActionError("forbidden")]
    stormy.runbooks["service-down"] = runbook("restart")
    trouble(stormy, 5, alertname="Other")
    (mine,) = trouble(stormy, 1, first=90)
    assert mine.id in paged(stormy)

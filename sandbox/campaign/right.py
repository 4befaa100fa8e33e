"""What is right for a scenario: whether a bundled runbook can repair it. Decided by what was drawn, before it runs.

It knows the runbooks' limits as their pages tell them to people, and none of the code that keeps to them.
"""

from collections.abc import Iterator
from dataclasses import replace
from datetime import timedelta

from firebrigade.runbooks.modes import AutomationMode
from sandbox.campaign.scenario import Budget, Owner, Person, Scenario
from sandbox.virtual.troubles import Cure, Symptom

RECENT = timedelta(hours=2)  # "if there was a rollout within 2 hours"
MOST_REPLICAS = 6  # "it adds one replica, up to 6"
TRIED_FOR = timedelta(minutes=4)
STORM = 10  # incidents
OF_NO_NAMESPACE = {"no namespace", "an empty namespace", "a namespace that nobody may touch"}
OF_NO_NAMESPACE |= {"a namespace that does not exist"}


def judged(scenario: Scenario) -> Scenario:
    """Return the scenario with what is right for it."""
    why_not = next(_against(scenario), "")
    cause = scenario.cause
    because = why_not or (f"{cause.cure.value} cures it" if cause else "a new pod on another node cures it")
    return replace(scenario, repairable=not why_not, because=because)


def _against(scenario: Scenario) -> Iterator[str]:
    """Yield what speaks against a repair."""
    yield from _held_back(scenario)
    yield from _in_the_way(scenario)
    yield from _of_node(scenario) if scenario.node is not None else _of_cause(scenario)


def _held_back(scenario: Scenario) -> Iterator[str]:
    if scenario.mode in (AutomationMode.OFF, AutomationMode.DRY_RUN):
        yield f"automation is {scenario.mode.value}"
    if scenario.mode is AutomationMode.APPROVE and scenario.person is not Person.APPROVES:
        yield "nobody approves"


def _in_the_way(scenario: Scenario) -> Iterator[str]:
    ways, cause = scenario.obstacles, scenario.cause
    agent = cause is not None and cause.symptom is Symptom.FAILED
    # An agent is recovered by its name alone, which is in no namespace.
    if ways.labels and not (agent and ways.labels in OF_NO_NAMESPACE):
        yield f"nobody can know the target: {ways.labels}"
    if ways.outage is not None and ways.outage.lasts > TRIED_FOR:
        yield "the cluster's API is away for longer than anybody tries"
    if ways.returns:
        yield "it comes back again and again"


def _of_cause(scenario: Scenario) -> Iterator[str]:
    cause = scenario.cause
    if cause is None or cause.cure is Cure.NOTHING:
        yield "nothing that a machine can do cures it"
    elif cause.cure is Cure.NEW_POD:
        yield from _of_new_pod(scenario)
    elif cause.cure is Cure.ROLL_BACK:
        yield from _of_roll_back(scenario, cause.rolled_out or timedelta())
    elif cause.cure is Cure.MORE_PODS:
        yield from _of_more_pods(scenario, cause.enough)


def _of_new_pod(scenario: Scenario) -> Iterator[str]:
    if scenario.obstacles.budget is Budget.NO_POD:
        yield "its disruption budget allows no eviction"


def _of_roll_back(scenario: Scenario, rolled_out: timedelta) -> Iterator[str]:
    if rolled_out > RECENT:
        yield "the rollout is too old to be the cause"
    if scenario.obstacles.owner in (Owner.ARGO, Owner.FLUX):
        yield f"{scenario.obstacles.owner.value} would put it back"


def _of_more_pods(scenario: Scenario, enough: int) -> Iterator[str]:
    replicas = scenario.workload.replicas
    if scenario.obstacles.owner:
        yield f"{scenario.obstacles.owner.value} decides about its replicas"
    if replicas == 1:
        yield "it may be meant to run only once"
    if replicas >= MOST_REPLICAS:
        yield "it has as many replicas as a runbook gives it"
    if enough > replicas + 1:
        yield "one more pod is not enough"


def _of_node(scenario: Scenario) -> Iterator[str]:
    removed = scenario.node.removed_after if scenario.node else None
    if removed is None or removed > TRIED_FOR:
        yield "the lost node keeps its pods for too long"
    if scenario.beside >= STORM:
        yield "one cause is behind so many incidents"
    if scenario.obstacles.budget:
        yield "the pods on the node count as missing for its disruption budget"
    if scenario.workload.replicas > 3:
        yield "several of its pods may be on the node"

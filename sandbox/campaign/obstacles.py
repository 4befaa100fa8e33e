"""Draws what gets in the way: at most two obstacles, and none for most scenarios, so that each can be told apart."""

import random
from dataclasses import replace
from datetime import timedelta

from firebrigade.runbooks.modes import AutomationMode
from sandbox.campaign.scenario import Budget, Kind, Outage, Owner, Person, Scenario
from sandbox.cluster import Fault
from sandbox.virtual.troubles import Cure, Symptom

MINUTE = timedelta(minutes=1)
ANSWERS: tuple[int | str, ...] = (409, 429, 500, 503, 504, "drop-before", "drop-after", "hang-before", "hang-after")
WRITES, READS = ("create", "patch"), ("get", "list")


def met(scenario: Scenario, source: random.Random) -> Scenario:
    """Return the scenario with what gets in its way."""
    found = (_faulty, _budgeted, _owned, _maintained, _held_back, _flapping, _disturbed)
    weights = (5, 2, 3, 2, 2, 2, 2)
    for _ in range(source.choices([0, 1, 2], [4, 4, 2])[0]):
        scenario = source.choices(found, weights)[0](scenario, source)
    return scenario


def outage(source: random.Random) -> Outage:
    """Return how long the cluster's API does not answer: shorter or longer than anybody tries."""
    short = source.random() < 0.6
    lasts = source.randint(1, 3) if short else source.randint(20, 40)
    after = source.choice([30, 60, 75, 90, 120]) if short else 30
    answers: list[int | str] = [503, 500, "drop-before", "hang-before"]
    answer = source.choice(answers)
    return Outage(answer=answer, after=timedelta(seconds=after), lasts=lasts * MINUTE)


def _faulty(scenario: Scenario, source: random.Random) -> Scenario:
    if scenario.kind is Kind.FAILED_AGENT and source.random() < 0.6:
        return replace(scenario, obstacles=replace(scenario.obstacles, supervisor_fails=source.randint(1, 3)))
    verbs = source.choice([WRITES, WRITES, READS])
    # Nothing that is only read can be in conflict.
    answers = [one for one in ANSWERS if verbs is WRITES or one != 409]
    answer, times = source.choice(answers), source.choice([1, 1, 2])
    wait = source.choice([None, 5, 20]) if answer == 429 else None
    faults = tuple(Fault(answer=answer, verb=verb, times=times, retry_after=wait) for verb in verbs)
    return replace(scenario, obstacles=replace(scenario.obstacles, faults=faults))


def _budgeted(scenario: Scenario, source: random.Random) -> Scenario:
    several = scenario.workload.replicas > 1
    budget = source.choice([Budget.ONE, Budget.NO_POD]) if several else Budget.NO_POD
    return replace(scenario, obstacles=replace(scenario.obstacles, budget=budget))


def _owned(scenario: Scenario, source: random.Random) -> Scenario:
    if scenario.workload.kind != "deployment" or scenario.kind is Kind.FAILED_AGENT:
        return scenario
    owner = source.choice([Owner.AUTOSCALER, Owner.ARGO, Owner.FLUX])
    return replace(scenario, obstacles=replace(scenario.obstacles, owner=owner))


def _maintained(scenario: Scenario, source: random.Random) -> Scenario:
    if scenario.node is not None or scenario.obstacles.outage or scenario.obstacles.labels:
        return scenario
    lasts = source.randint(25, 40) * MINUTE
    return replace(scenario, obstacles=replace(scenario.obstacles, maintenance=lasts))


def _held_back(scenario: Scenario, source: random.Random) -> Scenario:
    mode = source.choice([AutomationMode.DRY_RUN, AutomationMode.OFF, *[AutomationMode.APPROVE] * 3])
    person = source.choice(tuple(Person)) if mode is AutomationMode.APPROVE else Person.NOBODY
    return replace(scenario, mode=mode, person=person)


def _flapping(scenario: Scenario, source: random.Random) -> Scenario:
    cause = scenario.cause
    if cause is None or cause.cure not in (Cure.NEW_POD, Cure.RECOVERY) or cause.symptom is Symptom.ERRORS:
        return scenario
    if scenario.obstacles.labels:
        return scenario
    after = source.choice([4, 20, 40]) * MINUTE
    return replace(scenario, obstacles=replace(scenario.obstacles, returns=5, returns_after=after))


def _disturbed(scenario: Scenario, source: random.Random) -> Scenario:  # noqa: ARG001 - as the others
    return replace(scenario, obstacles=replace(scenario.obstacles, others_roll_out=True))

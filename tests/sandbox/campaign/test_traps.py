"""Scenarios made by hand, in which something innocent looks guilty."""

from datetime import timedelta

import pytest

from sandbox.campaign.right import judged
from sandbox.campaign.scenario import Cause, Kind, Obstacles, Scenario
from sandbox.campaign.trial import Outcome
from sandbox.virtual.troubles import Cure, Symptom, Workload
from tests.sandbox.campaign.conftest import Run

RECENTLY = timedelta(minutes=20)


def trap(workload: Workload, cause: Cause, **ways: object) -> Scenario:
    """Return a scenario in which catalog, which is well, was rolled out a moment ago."""
    obstacles = Obstacles(others_roll_out=True, **ways)  # type: ignore[arg-type]
    return judged(
        Scenario(
            number=1,
            seed=1,
            kind=Kind.WRONG_LABELS,
            workload=workload,
            cause=cause,
            obstacles=obstacles,
            repairable=False,
            because="",
        )
    )


# Its pods' names are those of a deployment called catalog to whoever goes by their form alone.
LOOKALIKE = Workload(namespace="neurectomy", name="catalog-db", kind="statefulset", replicas=3, scraped=False)
CRASHES, KILLED = Symptom.CRASHES, Symptom.OUT_OF_MEMORY
HEALTHY = "what is healthy in the place of what is not"
ORDERS = Workload(namespace="neurectomy", name="orders", replicas=3)


@pytest.mark.parametrize(
    ("scenario", "outcome"),
    [
        pytest.param(trap(LOOKALIKE, Cause(symptom=CRASHES, cure=Cure.NEW_POD)), Outcome.REPAIRED, id="its own pod"),
        pytest.param(trap(LOOKALIKE, Cause(symptom=CRASHES, cure=Cure.NOTHING)), Outcome.ESCALATED, id="a crash"),
        pytest.param(trap(LOOKALIKE, Cause(symptom=KILLED, cure=Cure.NOTHING)), Outcome.ESCALATED, id="memory"),
        *(
            pytest.param(
                trap(ORDERS, Cause(symptom=symptom, cure=Cure.NOTHING, pods=3), labels=HEALTHY),
                Outcome.ESCALATED,
                id=f"its name on an alert, {symptom.value}",
            )
            for symptom in (Symptom.HANGS, Symptom.CRASHES, Symptom.ERRORS, Symptom.SLOW, Symptom.OUT_OF_MEMORY)
        ),
    ],
)
def test_a_healthy_deployment_is_left_alone_although_it_was_just_rolled_out(
    run: Run, scenario: Scenario, outcome: Outcome
) -> None:
    (result,) = run([scenario])
    assert (result.harm, result.outcome) == ((), outcome)

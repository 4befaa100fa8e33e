"""What keeps the machine from acting whatever the plan says."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from firebrigade.responder.case import StepCase
from firebrigade.responder.matchers import parse_matchers
from firebrigade.responder.model import Incident, IncidentStatus, MaintenanceWindow
from firebrigade.responder.restraints import Restraints, Storm, in_maintenance, restrained, storm
from firebrigade.runbooks.contract import Plan, RefusalReason, Target

NOW = datetime(2026, 1, 5, 9, 0, tzinfo=UTC)
MINUTE = timedelta(minutes=1)
RYOT = Target(kind="deployment", namespace="neurectomy", name="ryot")
AGENT = Target(kind="agent", namespace="", name="agent-07")
LABELS = {"alertname": "ServiceDown", "severity": "critical", "namespace": "neurectomy", "pod": "ryot-1"}


def plan(target: Target = RYOT, **precondition: str) -> Plan:
    return Plan(
        step_id="step-1",
        action="restart_pod",
        target=target,
        params={},
        before={},
        desired={},
        precondition=precondition,
        summary="",
        planned_at=NOW,
    )


def window(matchers: str, starts_at: datetime = NOW - MINUTE, ends_at: datetime = NOW + MINUTE) -> MaintenanceWindow:
    return MaintenanceWindow(
        name="upgrade",
        matchers=parse_matchers(matchers),
        owner="platform",
        reason="CHG-1042",
        starts_at=starts_at,
        ends_at=ends_at,
    )


@pytest.fixture
def case() -> StepCase:
    incident = Incident(
        id=1,
        incident_key="fb-1",
        source="alertmanager",
        status=IncidentStatus.TRIGGERED,
        service="ryot",
        severity="critical",
        title="",
        summary="",
        labels=LABELS,
        annotations={},
        external_url="",
        level=1,
        opened_at=NOW,
        updated_at=NOW,
    )
    return StepCase(incident=incident, history=(), automation_on=True, wanting=(NOW,), now=NOW)


@pytest.mark.parametrize(
    ("matchers", "target", "labels", "held"),
    [
        pytest.param('namespace="neurectomy"', RYOT, {}, True, id="the target's namespace"),
        pytest.param('deployment="ryot"', RYOT, {}, True, id="the target's name"),
        pytest.param('deployment="ryot"', RYOT, {"deployment": "akosha"}, True, id="an alert can't rename the target"),
        pytest.param('deployment="akosha"', RYOT, {"deployment": "akosha"}, False, id="nor lend it another's window"),
        pytest.param('pod="ryot-2"', RYOT, {}, True, id="the pod that the plan names"),
        pytest.param('pod="ryot-1"', RYOT, {}, False, id="a pod that the plan does not name"),
        pytest.param('service="ryot"', RYOT, {"service": "ryot"}, True, id="the service that the alert names"),
        pytest.param('namespace="neurectomy",severity!="critical"', RYOT, {}, True, id="critical alerts are excepted"),
        pytest.param('alertname="ServiceDown"', RYOT, {}, False, id="a window for an alert is none for its target"),
        pytest.param('namespace="agents"', RYOT, {}, False, id="another namespace"),
        pytest.param('agent_id="agent-07"', AGENT, {}, True, id="an agent by its id"),
        pytest.param('namespace="neurectomy"', AGENT, {}, True, id="an agent by the namespace that the alert names"),
        pytest.param('deployment="agent-07"', AGENT, {}, True, id="an agent by the deployment of its name"),
        pytest.param(
            'agent_id="agent-07"', RYOT, {"agent_id": "agent-07"}, True, id="what the alert adds can hold back"
        ),
    ],
)
def test_a_target_in_maintenance_is_left_alone(
    matchers: str, target: Target, labels: dict[str, str], held: bool
) -> None:
    refusal = in_maintenance([window(matchers)], plan(target, pod="ryot-2"), {**LABELS, **labels}, NOW)
    assert (refusal.reason if refusal else None) is (RefusalReason.MAINTENANCE if held else None)


def test_the_refusal_names_target_window_and_owner() -> None:
    refusal = in_maintenance([window('deployment="ryot"')], plan(), LABELS, NOW)
    assert refusal is not None
    wanted = "deployment/neurectomy/ryot is in maintenance upgrade: CHG-1042 (owner: platform)."
    assert refusal.summary == wanted


def test_maintenance_that_is_over_or_to_come_holds_nothing_back() -> None:
    windows = [
        window('deployment="ryot"', ends_at=NOW),
        window('deployment="ryot"', starts_at=NOW + MINUTE, ends_at=NOW + 2 * MINUTE),
    ]
    assert in_maintenance(windows, plan(), LABELS, NOW) is None


@pytest.mark.parametrize(
    ("opened_minutes_ago", "stopped"),
    [
        pytest.param((0, 1, 2), False, id="as many as are allowed"),
        pytest.param((0, 1, 2, 9), True, id="one more"),
        pytest.param((0, 1, 2, 10), False, id="one of them opened too long ago"),
        pytest.param((-1, 0, 1, 2), True, id="one of them opened by a clock that is ahead"),
    ],
)
def test_the_storm_breaker_counts_incidents_that_opened_lately(
    case: StepCase, opened_minutes_ago: tuple[int, ...], stopped: bool
) -> None:
    wanting = tuple(NOW - minutes * MINUTE for minutes in opened_minutes_ago)
    refusal = storm(Storm(incidents=3, within=10 * MINUTE), replace(case, wanting=wanting))
    assert (refusal.reason if refusal else None) is (RefusalReason.STORM if stopped else None)


def test_the_storm_breaker_says_how_many_within_how_long(case: StepCase) -> None:
    refusal = storm(Storm(incidents=1, within=10 * MINUTE), replace(case, wanting=(NOW, NOW)))
    assert refusal is not None
    assert refusal.summary.startswith("2 incidents that want a runbook were opened within 10m")


def test_the_switch_wins_and_nothing_else_holds_a_calm_day_back(case: StepCase) -> None:
    restraints = Restraints(maintenance=(window('deployment="ryot"'),))
    off = restrained(restraints, plan(), LABELS, replace(case, automation_on=False))
    held = restrained(restraints, plan(), LABELS, case)
    assert [off.reason if off else None, held.reason if held else None] == ["off", "maintenance"]
    assert restrained(Restraints(), plan(), LABELS, case) is None


LABEL_SETS = st.dictionaries(st.sampled_from(["namespace", "deployment", "pod", "service", "severity"]), st.text())


@settings(deadline=None)
@given(labels=LABEL_SETS)
def test_no_label_of_an_alert_takes_a_target_out_of_its_maintenance(labels: dict[str, str]) -> None:
    windows = [window('namespace="neurectomy",deployment="ryot",pod="ryot-2"')]
    assert in_maintenance(windows, plan(pod="ryot-2"), labels, NOW) is not None

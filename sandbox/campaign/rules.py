"""The configuration of a scenario's responder: the bundled runbooks, the defaults, and what the scenario sets."""

from datetime import datetime, timedelta

from firebrigade.responder.case import Lookup, Suppression
from firebrigade.responder.maintenance import suppressed_until
from firebrigade.responder.matchers import Matcher
from firebrigade.responder.model import EscalationPolicy, EscalationStep, Labels, MaintenanceWindow, Route
from firebrigade.responder.restraints import Restraints
from firebrigade.runbooks.contract import Runbook
from firebrigade.runbooks.guards import GuardSettings
from firebrigade.runbooks.loader import RunbookLibrary
from firebrigade.runbooks.modes import Modes
from sandbox.campaign.scenario import Scenario
from sandbox.virtual.service import Rules
from sandbox.virtual.world import AGENTS, SYSTEMS

PAGER = "pager"
POLICY = "everybody"


def rules_for(scenario: Scenario, library: RunbookLibrary, maintenance: tuple[datetime, datetime] | None) -> Rules:
    """Return what a configuration file would say.

    Args:
        scenario: for its mode and its policy.
        library: the runbooks.
        maintenance: from when to when work on the scenario's workload is planned.
    """
    windows = (_window(scenario, *maintenance),) if maintenance else ()
    levels = tuple(EscalationStep(level=n, acknowledge_within=5 * n * timedelta(minutes=1)) for n in (1, 2, 3))
    policy = EscalationPolicy(name=POLICY, steps=levels, automation=scenario.policy)
    route = Route(matchers=(), receivers=(PAGER,), policy=POLICY)

    def suppression(labels: Labels, now: datetime) -> Suppression | None:
        held = suppressed_until(windows, labels, now)
        return Suppression(until=held.until, reason=held.reason) if held else None

    def runbook(name: str, alertname: str) -> Runbook | None:
        return library.get(name) if name else library.for_alert(alertname)

    lookup = Lookup(
        route=lambda _: route,
        suppression=suppression,
        runbook=runbook,
        policies={POLICY: policy},
        mode=scenario.mode,
    )
    limits = GuardSettings(
        modes=Modes(mode=scenario.mode),
        namespaces=frozenset({SYSTEMS, AGENTS}),
    )
    return Rules(lookup=lookup, limits=limits, restraints=Restraints(maintenance=windows))


def _window(scenario: Scenario, starts_at: datetime, ends_at: datetime) -> MaintenanceWindow:
    """Return planned work on the workload, found by the label that alerts about it carry."""
    agent = scenario.workload.namespace == AGENTS
    name, value = ("agent_id" if agent else "deployment"), scenario.workload.name
    if scenario.workload.kind == "statefulset":
        name, value = "pod", f"{scenario.workload.name}-[0-9]+"
    return MaintenanceWindow(
        name="planned",
        matchers=(Matcher(name, "=~", value),),
        owner="platform",
        reason="planned work",
        starts_at=starts_at,
        ends_at=ends_at,
    )

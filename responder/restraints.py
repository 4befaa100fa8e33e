"""What keeps the machine from acting whatever the plan says: switches, maintenance of the target, a storm. Pure.

The runner asks it just before each apply, and then the executor's guards, which know plans and earlier steps only.
"""

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from pathlib import Path

from firebrigade.responder.case import StepCase
from firebrigade.responder.durations import format_duration
from firebrigade.responder.maintenance import suppressed_until
from firebrigade.responder.model import Labels, MaintenanceWindow
from firebrigade.runbooks.contract import Plan, Refusal, RefusalReason
from firebrigade.runbooks.modes import AutomationMode, Modes

# The alert's labels that say where its target is. The others tell alerts apart and are nothing of the target's.
_OF_A_TARGET = ("namespace", "service", "deployment", "pod", "agent_id")


@dataclass(frozen=True, slots=True, kw_only=True)
class Storm:
    """How many open incidents with a runbook, opened within how long, are too many to be repaired one by one."""

    incidents: int = 10
    within: timedelta = timedelta(minutes=10)


@dataclass(frozen=True, slots=True, kw_only=True)
class Restraints:
    """What the restraints go by.

    Attributes:
        off_file: automation is off while this file exists; None: there is no such file.
        approve_within: how long a plan waits for a person, and how long an approval holds.
        wait_for_lock: how long a step waits for another one on the same target; nothing: it is refused at once.
        modes: which environment a target is in, and where nothing may be changed by now.
    """

    storm: Storm = field(default_factory=Storm)
    maintenance: tuple[MaintenanceWindow, ...] = ()
    off_file: Path | None = None
    approve_within: timedelta = timedelta(minutes=15)
    wait_for_lock: timedelta = timedelta(minutes=5)
    modes: Modes = field(default_factory=Modes)


def restrained(restraints: Restraints, plan: Plan, labels: Labels, case: StepCase) -> Refusal | None:
    """Return why nothing may be applied now whatever the plan, or None; the first reason wins.

    Args:
        restraints: what they go by.
        plan: what would be applied.
        labels: the alert's labels, which are untrusted: they can add to the target's own, never replace one.
        case: the step's incident, the switch and the open incidents, as they are now.
    """
    return (
        switched_off(case.automation_on)
        or in_maintenance(restraints.maintenance, plan, labels, case.now)
        or storm(restraints.storm, case)
    )


def switched_off(automation_on: bool) -> Refusal | None:
    """Refuse everything while somebody has switched automation off, over the API or the command line."""
    return None if automation_on else Refusal(reason=RefusalReason.OFF, summary="Automation is switched off.")


def changed_by_no_machine(modes: Modes, plan: Plan) -> Refusal | None:
    """Refuse where a mode says by now that nothing is changed; asked before a step is taken back."""
    ruling = modes.decide(plan.action, plan.target)
    if ruling.mode not in {AutomationMode.OFF, AutomationMode.DRY_RUN}:
        return None
    return Refusal(reason=RefusalReason.OFF, summary=f"Automation changes nothing there by {ruling.setting}.")


def in_maintenance(windows: Sequence[MaintenanceWindow], plan: Plan, labels: Labels, now: datetime) -> Refusal | None:
    """Refuse a target that somebody has planned work on, whatever else the alert's labels say.

    A window that excepts some alerts (``severity!="critical"``) lets people be paged for them; the machine still keeps
    its hands off what the window is about.
    """
    held = suppressed_until(windows, target_labels(plan, labels), now)
    if held is None:
        return None
    return Refusal(reason=RefusalReason.MAINTENANCE, summary=f"{plan.target} is in {held.reason}.")


def target_labels(plan: Plan, labels: Labels) -> dict[str, str]:
    """Return a target's labels: what the plan knows for certain, and from the alert what the plan does not say."""
    target = plan.target
    of_alert = {name: labels[name] for name in _OF_A_TARGET if labels.get(name)}
    if target.kind == "agent":
        return {"deployment": target.name, **of_alert, "agent_id": target.name}
    if target.kind in {"endpoint", "alert"}:  # in no namespace, and about what the alert is about
        return {**of_alert, target.kind: target.name}
    pod = plan.precondition.get("pod")
    return of_alert | ({"pod": str(pod)} if pod else {}) | {"namespace": target.namespace, target.kind: target.name}


def storm(limits: Storm, case: StepCase) -> Refusal | None:
    """Refuse while more incidents want a runbook than have causes of their own: something larger is wrong."""
    recent = [opened_at for opened_at in case.wanting if case.now - opened_at < limits.within]
    if len(recent) <= limits.incidents:
        return None
    within = format_duration(limits.within)
    text = f"{len(recent)} incidents that want a runbook were opened within {within}: one cause is behind them."
    return Refusal(reason=RefusalReason.STORM, summary=text)

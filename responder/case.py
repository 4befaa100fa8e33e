"""What a stage sees and what it decides: a case in, an outcome out. Data only; the pipeline and the store use both."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
from datetime import datetime
from enum import StrEnum

from firebrigade.receivers.contract import Notification, Reach
from firebrigade.responder.model import (
    Delivery,
    EscalationPolicy,
    Incident,
    IncidentAlert,
    Labels,
    Route,
    TimelineEntry,
)
from firebrigade.responder.model_steps import StepResult
from firebrigade.responder.storms import StormIncident, Storms
from firebrigade.responder.trust import Standing
from firebrigade.runbooks.contract import Runbook
from firebrigade.runbooks.modes import AutomationMode

RESPONDER = "firebrigade"  # the actor of what the machine does by itself


@dataclass(frozen=True, slots=True, kw_only=True)
class Suppression:
    """Why an incident is quiet; ``until`` is when to look again."""

    until: datetime
    reason: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Lookup:
    """The configuration as questions, so that a stage needs to know no configuration file.

    Attributes:
        route: labels → the first route that matches, or None.
        suppression: labels, now → the maintenance window that holds, or None.
        runbook: the route's runbook name, the alert's name → the runbook, or None.
        living: receivers that keep one message up to date and are told of every update.
        storms: when there is a storm, and for how long it holds pages back; the default holds none.
        reach: whom each receiver reaches for sure; one that is not in it reaches nobody.
    """

    route: Callable[[Labels], Route | None]
    suppression: Callable[[Labels, datetime], Suppression | None]
    runbook: Callable[[str, str], Runbook | None]
    policies: Mapping[str, EscalationPolicy]
    living: frozenset[str] = frozenset()
    mode: AutomationMode = AutomationMode.DRY_RUN
    public_url: str = ""
    storms: Storms = field(default_factory=Storms)
    reach: Mapping[str, Reach] = field(default_factory=dict)


@dataclass(frozen=True, slots=True, kw_only=True)
class Case:
    """One incident with everything that was recorded about it, at one moment; ``storm`` is one that is open, if any."""

    incident: Incident
    alerts: tuple[IncidentAlert, ...]
    deliveries: tuple[Delivery, ...]
    steps: tuple[StepResult, ...]
    timeline: tuple[TimelineEntry, ...]
    automation_on: bool
    now: datetime
    storm: StormIncident | None = None

    @property
    def alert_labels(self) -> Labels:
        """The labels of the alert that the runbook answers: the one that fires longest."""
        firing = [held.alert for held in self.alerts if held.firing]
        first = min(firing, key=lambda alert: (alert.starts_at, alert.fingerprint), default=None)
        return {**self.incident.labels, **(first.labels if first else {})}

    def after(self, outcome: "Outcome") -> "Case":
        """Return the case as it will be once the outcome is applied."""
        changed = {step.position: step for step in outcome.steps}
        return replace(
            self,
            incident=outcome.incident or self.incident,
            deliveries=(
                *(delivery for delivery in self.deliveries if delivery not in outcome.dropped),
                *(delivery for delivery, _ in outcome.notifications),
            ),
            steps=_merged(self.steps, changed),
            timeline=(*self.timeline, *outcome.entries),
        )


@dataclass(frozen=True, slots=True, kw_only=True)
class StepCase:
    """One step that is about to be applied, with what decides that, read in the transaction that writes the intent.

    Attributes:
        history: the steps that were begun before or are under way, on whichever incidents; this one too if it was.
        automation_on: the switch of API and command line.
        wanting: when each open incident that has a runbook was opened.
        trust: where its runbook stands in its environment; None: modes alone decide.
        waiting: the steps that wait for their turn, longest first, on whichever incidents; this one too if it does.
    """

    incident: Incident
    history: tuple[StepResult, ...]
    automation_on: bool
    wanting: tuple[datetime, ...]
    now: datetime
    trust: Standing | None = None
    waiting: tuple[StepResult, ...] = ()


class Then(StrEnum):
    """What follows a stage."""

    ADVANCE = "advance"  # to the next stage
    WAIT = "wait"  # no further, until a moment


@dataclass(frozen=True, slots=True, kw_only=True)
class Outcome:
    """What a stage decided.

    Attributes:
        until: when to look again at the latest; the earliest of all stages counts.
        incident: the incident as changed, or None.
        steps: new steps (``id`` 0) and changed ones.
        notifications: new deliveries (``id`` 0) with what they say.
        dropped: deliveries that are not tried again, because they would only come too late.
    """

    then: Then = Then.ADVANCE
    until: datetime | None = None
    incident: Incident | None = None
    entries: tuple[TimelineEntry, ...] = ()
    steps: tuple[StepResult, ...] = ()
    notifications: tuple[tuple[Delivery, Notification], ...] = ()
    dropped: tuple[Delivery, ...] = ()


def _merged(steps: tuple[StepResult, ...], changed: Mapping[int, StepResult]) -> tuple[StepResult, ...]:
    by_position = {step.position: step for step in steps} | dict(changed)
    return tuple(by_position[position] for position in sorted(by_position))

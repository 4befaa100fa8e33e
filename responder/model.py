"""The records of the responder: pure data, used everywhere in it; nothing here reads a clock, a file or a database."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from enum import StrEnum
from typing import Any

from firebrigade.receivers.contract import Reason
from firebrigade.responder.matchers import Matcher

Labels = Mapping[str, str]
RESOLVE_WITHIN = timedelta(minutes=15)  # unless the escalation policy says it


class AlertStatus(StrEnum):
    """An alert's status, as Alertmanager says it."""

    FIRING = "firing"
    RESOLVED = "resolved"


@dataclass(frozen=True, slots=True, kw_only=True)
class Alert:
    """One alert of a payload; ``ends_at`` is None while it fires (Alertmanager sends year 1)."""

    fingerprint: str
    status: AlertStatus
    labels: Labels
    annotations: Labels
    starts_at: datetime
    ends_at: datetime | None = None
    generator_url: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class AlertGroup:
    """One webhook request. ``source`` tells Alertmanagers apart (the request's ``?source=``); an HA pair shares one."""

    source: str
    receiver: str
    status: AlertStatus
    group_key: str
    group_labels: Labels
    common_labels: Labels
    common_annotations: Labels
    external_url: str
    alerts: tuple[Alert, ...]
    truncated_alerts: int = 0


class IncidentStatus(StrEnum):
    """The life of an incident, in PagerDuty's words."""

    TRIGGERED = "triggered"
    ACKNOWLEDGED = "acknowledged"
    RESOLVED = "resolved"


class Automation(StrEnum):
    """Whether people are paged at once, or only if the runbook did not help in time."""

    FIRST = "first"
    PARALLEL = "parallel"


@dataclass(frozen=True, slots=True, kw_only=True)
class EscalationStep:
    """One level of a policy. Without targets, the receivers of the incident's route are told."""

    level: int
    acknowledge_within: timedelta
    targets: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class EscalationPolicy:
    """Who is told next if nobody answers. It is copied into the incident when that is routed.

    Attributes:
        repeat: how many more times the steps are gone through after the last level, each time from L1.
        resolve_within: how long a verified repair may take to make the alert resolve before escalation goes on.
        page_after: with ``automation: first``, how long the runbook has before people are paged all the same.
    """

    name: str
    steps: tuple[EscalationStep, ...]
    repeat: int = 0
    automation: Automation = Automation.PARALLEL
    resolve_within: timedelta = RESOLVE_WITHIN
    page_after: timedelta = timedelta(minutes=5)


@dataclass(frozen=True, slots=True, kw_only=True)
class Route:
    """Where alerts with these labels go. The first route that matches wins.

    Attributes:
        receivers: names of configured receivers.
        policy: an escalation policy's name, or empty: nobody is escalated to.
        runbook: a runbook's name, or empty: the runbook that lists the alert.
    """

    matchers: tuple[Matcher, ...]
    receivers: tuple[str, ...]
    policy: str = ""
    runbook: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class MaintenanceWindow:
    """Planned work: either ``starts_at`` and ``ends_at`` (one-off), or ``cron`` with ``duration`` in ``timezone``."""

    name: str
    matchers: tuple[Matcher, ...]
    owner: str
    reason: str
    timezone: str = "UTC"
    starts_at: datetime | None = None
    ends_at: datetime | None = None
    cron: str = ""
    duration: timedelta | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Occurrence:
    """One window's one stretch of time. ``key`` is the same in every process and after every restart."""

    window: str
    key: str
    starts_at: datetime
    ends_at: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class IncidentAlert:
    """An alert as last heard of, within its incident."""

    alert: Alert
    last_seen_at: datetime

    @property
    def firing(self) -> bool:
        """Whether it still fires, as far as is known."""
        return self.alert.status is AlertStatus.FIRING


@dataclass(frozen=True, slots=True, kw_only=True)
class Incident:
    """One piece of trouble, from its first alert to its end.

    Attributes:
        labels: the group's common labels when it opened; routing and silences go by these.
        level: 0 until people were told first, then 1 to 3.
        policy: the escalation policy as it was when the incident opened, or None.
        receivers: the receivers of its route, named when it was routed.
        incomplete: Alertmanager truncated the group and could not be asked for the rest.
        next_due_at: when it is to be looked at again; None when only something new can change anything.
        silenced_by: the silence or inhibition in Alertmanager that hides it, as the reconciler found it.
        news: goes up by one with everything that a living message should show.
        held_by: the storm's incident that it is part of, while its own pages are held back for that; 0: none is.
        held_since: when a storm held it first; it stays, so that a storm nobody answers starts no time anew.
        pages_since: since when it may page: when it was routed, or when what kept it quiet ended.
        asked_again_at: of a storm's own incident: when whoever acknowledged it was asked to do so once more.
    """

    id: int
    incident_key: str
    source: str
    status: IncidentStatus
    service: str
    severity: str
    title: str
    summary: str
    labels: Labels
    annotations: Labels
    external_url: str
    level: int
    opened_at: datetime
    updated_at: datetime
    routed_at: datetime | None = None
    receivers: tuple[str, ...] = ()
    policy: EscalationPolicy | None = None
    runbook: str = ""
    suppressed_by: str = ""
    round: int = 0
    level_since: datetime | None = None
    acknowledged_at: datetime | None = None
    acknowledged_by: str = ""
    resolved_at: datetime | None = None
    resolved_by: str = ""
    incomplete: bool = False
    next_due_at: datetime | None = None
    silenced_by: str = ""
    silenced_until: datetime | None = None
    version: int = 1
    news: int = 0
    held_by: int = 0
    held_since: datetime | None = None
    pages_since: datetime | None = None
    asked_again_at: datetime | None = None

    @property
    def pages_from(self) -> datetime:
        """Since when it may page; one that was not routed yet, since it was opened."""
        return self.pages_since or self.opened_at

    @property
    def open(self) -> bool:
        """Whether it is not resolved."""
        return self.status is not IncidentStatus.RESOLVED

    @property
    def resolve_within(self) -> timedelta:
        """How long a verified repair may take to make the alert resolve."""
        return self.policy.resolve_within if self.policy else RESOLVE_WITHIN


@dataclass(frozen=True, slots=True, kw_only=True)
class TimelineEntry:
    """One thing that happened; append-only, so the timeline is the audit log."""

    at: datetime
    kind: str
    actor: str
    detail: str
    data: Mapping[str, Any] = field(default_factory=dict)


class DeliveryStatus(StrEnum):
    """Where a delivery stands."""

    PENDING = "pending"
    SENDING = "sending"  # claimed; seen after a crash, it may have arrived
    DELIVERED = "delivered"
    FAILED = "failed"  # for good
    SUPERSEDED = "superseded"  # a later one says it all


@dataclass(frozen=True, slots=True, kw_only=True)
class Delivery:
    """One notification to one receiver, however many attempts it takes."""

    id: int
    delivery_id: str
    incident_id: int
    receiver: str
    reason: Reason
    status: DeliveryStatus
    attempts: int
    created_at: datetime
    next_attempt_at: datetime
    level: int = 0
    news: int = 0
    outcome_unknown: bool = False
    detail: str = ""
    fence: int = 0
    lease_until: datetime | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class DeadLetter:
    """A version 4 payload that could not be processed; kept, shown and counted."""

    id: int
    received_at: datetime
    source: str
    error: str
    body: str

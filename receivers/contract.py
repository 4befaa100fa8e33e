"""What a receiver is told, what it answers, and how it says that it could not.

The responder's engine makes notifications and keeps receipts; each file beside this one delivers them to one channel.
This module is not a registry (``registry.py``) and does no I/O.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from enum import IntEnum, StrEnum
from typing import Any, ClassVar, Protocol

from pydantic import BaseModel, ConfigDict


class Reason(StrEnum):
    """Why an incident's receivers are told something now."""

    TRIGGERED = "triggered"
    ESCALATED = "escalated"
    ACKNOWLEDGED = "acknowledged"
    APPROVAL = "approval"  # a plan waits for a person to approve it (``approval``)
    SUGGESTED = "suggested"  # a plan is left for people to carry out (``automation``); nothing waits for an answer
    UPDATED = "updated"  # the machine did something, or an alert joined or left
    RESOLVED = "resolved"


@dataclass(frozen=True, slots=True, kw_only=True)
class NotifiedAlert:
    """One alert of the incident. Labels and annotations come from the network: escape them for the channel."""

    fingerprint: str
    firing: bool
    labels: Mapping[str, str]
    annotations: Mapping[str, str]
    starts_at: datetime
    generator_url: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class ApprovalRequest:
    """A plan that waits for a person, with all that they decide by. The texts may hold what came with the alert.

    Attributes:
        step: the step's number within its incident, from 1 on.
        plan: the plan's hash; an answer names it, so that nobody approves what they were not shown.
        summary: one sentence, from → to.
        details: where, why, how it is verified and undone, until when; a line each.
        approve_with: the command that approves exactly this plan.
        reject_with: the command that rejects it.
    """

    step: int
    plan: str
    summary: str
    details: tuple[str, ...]
    approve_with: str
    reject_with: str

    @property
    def lines(self) -> tuple[str, ...]:
        """All of it in lines, for channels that show text."""
        return (self.summary, *self.details, f"approve: {self.approve_with}", f"reject: {self.reject_with}")


@dataclass(frozen=True, slots=True, kw_only=True)
class Notification:
    """Everything that a receiver may say about an incident at one moment.

    Every text in it may hold values that came with the alert, so a receiver escapes all of them.

    Attributes:
        delivery_id: stays the same however often this notification is tried; the channel's idempotency key.
        incident_key: the same for the incident's whole life, and never used again; at most 64 characters ``[a-z0-9-]``.
        level: how far the incident is escalated, from 1.
        round: how often the levels were begun anew, from 0; a level is rung again in each round.
        severity: ``critical``, ``warning``, ``info``, or what else the alert's label says.
        automation: one sentence: what the machine is doing, or why it does nothing.
        approval: the plan that waits for a person, or None: none does.
        acknowledge_with: the command by which a person takes it on; empty when there is nothing to take on.
        timeline: the latest entries in words, oldest first.
        diagnostics: what was found of the target, in lines: pods, events, rollouts, resource use, the end of a log.
        links: name to address, such as ``runbook``, ``dashboard``, ``incident``; addresses are untrusted too.
        reference: what this receiver answered for the incident before (see Receipt), empty the first time.
        outcome_unknown: an earlier attempt of this very delivery got no answer: it may have arrived.
    """

    delivery_id: str
    incident_id: int
    incident_key: str
    reason: Reason
    status: str
    severity: str
    level: int
    service: str
    title: str
    summary: str
    automation: str
    opened_at: datetime
    at: datetime
    acknowledge_with: str = ""
    approval: ApprovalRequest | None = None
    round: int = 0
    alerts: tuple[NotifiedAlert, ...] = ()
    timeline: tuple[str, ...] = ()
    diagnostics: tuple[str, ...] = ()
    links: Mapping[str, str] = field(default_factory=dict)
    reference: Mapping[str, str] = field(default_factory=dict)
    outcome_unknown: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Receipt:
    """The channel has it.

    Attributes:
        reference: what the receiver needs to continue this incident's thread (a message's timestamp, a dedup key). It
            replaces the one before and comes back as ``Notification.reference``. No secrets: it is shown to people.
        detail: one short sentence for the timeline, such as ``message 1700000000.000100 in #ops``.
    """

    reference: Mapping[str, str] = field(default_factory=dict)
    detail: str = ""


class DeliveryError(Exception):
    """A notification was not delivered. The message is one sentence without secrets: it is shown to people."""


class TemporaryDeliveryError(DeliveryError):
    """Try again later.

    Attributes:
        retry_after_seconds: what the channel asked for, or None.
        outcome_unknown: the request may have had its effect (no answer came).
    """

    def __init__(self, message: str, *, retry_after_seconds: float | None = None, outcome_unknown: bool = False):
        super().__init__(message)
        self.retry_after_seconds = retry_after_seconds
        self.outcome_unknown = outcome_unknown


class PermanentDeliveryError(DeliveryError):
    """Trying again can't help: the key is wrong, the channel does not exist, the request is refused."""


class ReceiverConfig(BaseModel):
    """The settings of one receiver. Secrets are ``SecretStr``: the loader also reads each from ``<key>_file``."""

    model_config = ConfigDict(extra="forbid", frozen=True, hide_input_in_errors=True)


class Reach(IntEnum):
    """Whom a channel reaches for sure with what it has delivered; more is louder."""

    NOBODY = 0  # it is written down
    READER = 1  # whoever looks
    SLEEPER = 2  # it rings until somebody answers


class Receiver(Protocol):
    """One channel. Made once from its configuration, used by several threads, keeps nothing between deliveries."""

    NAME: ClassVar[str]
    Config: ClassVar[type[ReceiverConfig]]
    LIVING: ClassVar[bool]
    """Whether it keeps one message up to date, and so is told of every update."""
    REACHES: ClassVar[Reach]
    """Whom it reaches for sure with what it has delivered."""

    def __init__(self, config: Any) -> None:
        """Take a valid ``Config``; opens no connection."""
        ...

    def deliver(self, notification: Notification) -> Receipt:
        """Deliver one notification; doing it twice with the same ``delivery_id`` tells people once.

        Returns within 30 seconds, whatever the other side does.

        Raises:
            TemporaryDeliveryError: try again later.
            PermanentDeliveryError: trying again can't help.
        """
        ...

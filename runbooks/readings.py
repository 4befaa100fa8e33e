"""What a step finds out that changes nothing: the contract of the actions of risk ``read``.

Such a step needs no plan, no verification and no way back. The executor reads, the responder writes down what was found
and goes on with the next step, whatever it was; later steps ask for it (``when``). This module does no I/O.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import ClassVar, Protocol

from firebrigade.runbooks.contract import (
    ActionParams,
    Change,
    Json,
    PastStep,
    Plan,
    Refusal,
    Risk,
    RunbookStep,
    Target,
    Verdict,
)
from firebrigade.runbooks.must_not_rise import ChangeAge
from firebrigade.runbooks.rights import Right
from firebrigade.runbooks.trouble import Trouble

UNKNOWN = "unknown"  # what every reading comes to that could not be made


@dataclass(frozen=True, slots=True, kw_only=True)
class Asked:
    """When something is read, and for whom.

    Attributes:
        labels: the alert's; untrusted.
        now: the time.
        paused_until: until when the same step has paused before, or None.
    """

    labels: Mapping[str, str]
    now: datetime
    paused_until: datetime | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Reading:
    """What was found.

    Attributes:
        result: one word that later steps can ask for.
        summary: one sentence for people, without secrets.
        evidence: what was read, without secrets, of less than 8,000 characters as JSON: the timeline keeps it.
        lines: what of it people are sent in messages, a line each; it may hold what came from the world.
    """

    result: str
    summary: str
    evidence: Mapping[str, Json] = field(default_factory=dict)
    lines: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Pause:
    """Nothing yet: read again at a moment. One sentence says why."""

    until: datetime
    summary: str


class AnyAction(Protocol):
    """What every action says of itself, whether it changes something (``contract.Action``) or reads."""

    NAME: ClassVar[str]
    Params: ClassVar[type[ActionParams]]
    RISK: ClassVar[Risk]
    TARGET_KIND: ClassVar[str]
    RIGHTS: ClassVar[Sequence[Right]]


class ReadAction(AnyAction, Protocol):
    """One kind of look. Made once with its clients, used by several threads, keeps nothing between calls.

    Attributes:
        RESULTS: the words that it can come to, besides ``unknown``; empty where they are the world's own.
    """

    RESULTS: ClassVar[Sequence[str]]

    def read(self, target: Target | None, params: ActionParams, asked: Asked) -> Reading | Pause | Refusal:
        """Read once and return.

        Args:
            target: None for an action whose ``TARGET_KIND`` is empty.
            params: valid ones.
            asked: when, and for which alert.

        Raises:
            TemporaryActionError: can't be read now; tried again a few times.
            PermanentActionError: can't be read.
        """
        ...


class StepExecutor(Protocol):
    """What the responder calls: one runbook step against the world, with guards kept by the caller's history.

    ``labels`` are the labels of the alert that the step answers; they are untrusted.
    """

    def reads(self, action: str) -> bool:
        """Return whether an action is configured and only reads."""
        ...

    def prepares(self, action: str) -> bool:
        """Return whether an action only makes way for the next steps, and helps nobody by itself."""
        ...

    def read(self, step: RunbookStep, step_id: str, asked: Asked) -> Reading | Pause | Refusal:
        """Find the target from the labels, ask the guards of reading, then read; raises as ReadAction.read does."""
        ...

    def permit(self, step: RunbookStep, labels: Mapping[str, str]) -> Refusal | None:
        """Return why the step is not even planned, or None; reads nothing."""
        ...

    def plan(self, step: RunbookStep, trouble: Trouble, step_id: str, now: datetime) -> Plan | Refusal:
        """Find the target from the labels, then plan; raises as Action.plan does."""
        ...

    def allow(self, plan: Plan, history: Sequence[PastStep], now: datetime) -> Refusal | None:
        """Ask every guard; the first refusal wins."""
        ...

    def apply(self, plan: Plan) -> Change:
        """Apply; raises as Action.apply does."""
        ...

    def verify(self, plan: Plan, step: RunbookStep, labels: Mapping[str, str], age: ChangeAge | None = None) -> Verdict:
        """Ask the action and, where the step has a query, Prometheus; healthy when both say so.

        With the change's age, what must not rise is compared with the time before the change.
        """
        ...

    def undo(self, plan: Plan) -> Change | None:
        """Undo; raises as Action.undo does."""
        ...

    def came_back(self, plan: Plan) -> Verdict | None:
        """Look once whether the target is as before what was undone; None: there is nothing to wait for."""
        ...

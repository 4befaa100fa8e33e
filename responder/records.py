"""What the web asks of the responder's other parts: the store's records, the engine, and a view of the configuration.

``webhook.py`` and ``api.py`` know these and nothing more; ``store/store.py`` and ``engine/`` have them without naming
them. Protocols and data only.
"""

from collections.abc import Collection, Iterator, Sequence
from datetime import datetime
from typing import Protocol

from firebrigade.responder.approval import Answer
from firebrigade.responder.chain import Chain
from firebrigade.responder.matchers import Matcher
from firebrigade.responder.model import (
    AlertGroup,
    DeadLetter,
    Delivery,
    Incident,
    IncidentAlert,
    IncidentStatus,
    Labels,
)
from firebrigade.responder.model_steps import StepResult
from firebrigade.responder.trust import TrustSettings
from firebrigade.responder.trusting import TrustLedger
from firebrigade.runbooks.contract import Runbook


class Library(Protocol):
    """The part of ``runbooks.loader.RunbookLibrary`` that the web needs."""

    def get(self, name: str) -> Runbook | None:
        """Return a runbook, or None."""
        ...

    def __iter__(self) -> Iterator[Runbook]:
        """Return the runbooks by name."""
        ...


class ConfigView(Protocol):
    """What the web needs of the configuration; ``Config`` is one."""

    @property
    def heartbeats(self) -> tuple[tuple[Matcher, ...], ...]:
        """Alerts that these match say "I am alive" by firing; they are never incidents."""
        ...

    @property
    def runbooks(self) -> Library:
        """The runbooks that alerts lead to."""
        ...

    @property
    def trust(self) -> TrustSettings | None:
        """How runbooks earn trust; None: modes alone decide."""
        ...

    @property
    def max_body_bytes(self) -> int:
        """A request with a longer body is refused."""
        ...


class Engine(Protocol):
    """Whoever works on what is due."""

    @property
    def alive(self) -> bool:
        """Whether it works."""
        ...

    def wake(self) -> None:
        """Look at once at what is due. Never blocks."""
        ...


class Records(Protocol):
    """The store as the web uses it. Every method raises StoreUnavailableError when the database can't answer now."""

    @property
    def ledger(self) -> TrustLedger:
        """What runbooks have earned."""
        ...

    def record(self, group: AlertGroup, now: datetime, body_hash: str = "") -> tuple[int, ...]:
        """Commit a payload and return the ids of its incidents."""
        ...

    def record_dead_letter(self, source: str, error: str, body: bytes, now: datetime) -> int:
        """Commit a payload that could not be processed and return its id."""
        ...

    def record_heartbeat(self, name: str, labels: Labels, now: datetime) -> None:
        """Commit that a heartbeat came."""
        ...

    def incidents(
        self, *, statuses: Collection[IncidentStatus], limit: int, before_id: int | None
    ) -> Sequence[Incident]:
        """Return the newest incidents with one of the statuses, newest first."""
        ...

    def incident(self, incident_id: int, /) -> Incident:
        """Return one incident; raises NotFoundError."""
        ...

    def alerts(self, incident_id: int, /) -> Sequence[IncidentAlert]:
        """Return an incident's alerts."""
        ...

    def chain(self, incident_id: int, /) -> Chain:
        """Return what happened, oldest first, with what tells whether it was changed since; raises NotFoundError."""
        ...

    def chains(self, *, limit: int, before_id: int | None) -> Sequence[Chain]:
        """Return the chains of the newest incidents, newest first."""
        ...

    def deliveries(self, incident_id: int, /) -> Sequence[Delivery]:
        """Return an incident's deliveries."""
        ...

    def steps(self, incident_id: int, /) -> Sequence[StepResult]:
        """Return an incident's runbook steps."""
        ...

    def acknowledge(self, incident_id: int, actor: str, now: datetime, /) -> Incident:
        """Acknowledge; raises NotFoundError, and ConflictError when it is resolved."""
        ...

    def resolve(self, incident_id: int, actor: str, now: datetime, /) -> Incident:
        """Resolve; raises NotFoundError."""
        ...

    def answer_step(self, incident_id: int, position: int, answer: Answer, now: datetime, /) -> StepResult:
        """Approve or reject the plan of a step; raises NotFoundError and ConflictError."""
        ...

    def dead_letters(self, limit: int, /) -> Sequence[DeadLetter]:
        """Return the newest dead letters, newest first."""
        ...

    def automation_on(self) -> bool:
        """Return the global switch."""
        ...

    def switch_automation(self, on: bool, actor: str, now: datetime, /) -> None:
        """Set the global switch."""
        ...

    def ping(self) -> None:
        """Return if the database answers."""
        ...

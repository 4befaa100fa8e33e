"""The store: what the webhook, the API and the engine may ask of the database, each call one transaction.

Every call raises StoreUnavailableError when the database can't answer; then nothing of it was written.
"""

from collections.abc import Callable, Collection, Mapping, Sequence
from datetime import datetime, timedelta
from typing import Any

from firebrigade.responder.approval import Answer, answered
from firebrigade.responder.case import Case, Outcome, StepCase
from firebrigade.responder.chain import Chain
from firebrigade.responder.conclusion import Conclusion
from firebrigade.responder.errors import NotFoundError
from firebrigade.responder.model import (
    Alert,
    AlertGroup,
    AlertStatus,
    DeadLetter,
    Delivery,
    DeliveryStatus,
    Incident,
    IncidentAlert,
    IncidentStatus,
    Labels,
    TimelineEntry,
)
from firebrigade.responder.model_steps import StepResult
from firebrigade.responder.store import cases, incidents, ledger, letters, outbox, recording, steps, storms
from firebrigade.responder.store.counting import Counts, count
from firebrigade.responder.store.database import Database
from firebrigade.responder.store.outbox import ClaimedDelivery
from firebrigade.responder.trust import TrustSettings

StepDecision = Callable[[StepCase], tuple[StepResult, Sequence[TimelineEntry]]]


class Store:
    """The rows of one installation, on one database; without ``trust``, no run is written into the ledger."""

    def __init__(self, database: Database, trust: TrustSettings | None = None) -> None:
        self._database = database
        self._trust = trust
        self.ledger = ledger.Ledger(database)
        self.storms = storms.StormRows(database)

    def migrate(self) -> None:
        """Bring the schema up to date."""
        self._database.migrate()

    def ping(self) -> None:
        """Ask the database for an answer."""
        with self._database.read() as connection:
            letters.automation_on(connection)

    def count(self) -> Counts:
        """Count incidents, deliveries and steps."""
        with self._database.read() as connection:
            return count(connection)

    def close(self) -> None:
        """Close every connection."""
        self._database.close()

    def record(self, group: AlertGroup, now: datetime, body_hash: str = "") -> tuple[int, ...]:
        """Record an alert group and return the ids of its incidents; what it says is durable once this returns."""
        with self._database.write() as connection:
            found = recording.record(connection, group, now, body_hash)
            if group.status is AlertStatus.RESOLVED:
                for incident_id in found:
                    ledger.conclude(connection, self._trust, incident_id, now)
            return found

    def record_dead_letter(self, source: str, error: str, body: bytes, now: datetime) -> int:
        """Keep a payload that could not be processed, and return its id."""
        with self._database.write() as connection:
            return letters.add_dead_letter(connection, source, error, body, now)

    def record_heartbeat(self, name: str, labels: Labels, now: datetime) -> None:
        """Note that a heartbeat arrived."""
        with self._database.write() as connection:
            letters.record_heartbeat(connection, name, labels, now)

    def heartbeats(self) -> dict[str, datetime]:
        """Return when each heartbeat arrived last."""
        with self._database.read() as connection:
            return letters.heartbeats_received(connection)

    def incidents(
        self, *, statuses: Collection[IncidentStatus] = (), limit: int = 100, before_id: int | None = None
    ) -> list[Incident]:
        """Return incidents, newest first."""
        with self._database.read() as connection:
            return incidents.many(connection, statuses, limit, before_id)

    def incident(self, incident_id: int) -> Incident:
        """Return an incident; NotFoundError if there is none."""
        with self._database.read() as connection:
            return incidents.one(connection, incident_id)

    def alerts(self, incident_id: int) -> list[IncidentAlert]:
        """Return an incident's alerts, oldest first."""
        with self._database.read() as connection:
            return incidents.alerts(connection, incident_id)

    def timeline(self, incident_id: int) -> list[TimelineEntry]:
        """Return an incident's whole timeline, oldest first."""
        with self._database.read() as connection:
            return incidents.entries(connection, incident_id)

    def chain(self, incident_id: int) -> Chain:
        """Return an incident's timeline to check it; NotFoundError if there is no such incident."""
        with self._database.read() as connection:
            return incidents.chain(connection, incident_id)

    def chains(self, *, limit: int, before_id: int | None = None) -> list[Chain]:
        """Return the timelines of incidents to check them, newest incident first."""
        with self._database.read() as connection:
            return incidents.chains(connection, limit, before_id)

    def deliveries(self, incident_id: int) -> list[Delivery]:
        """Return an incident's deliveries, oldest first."""
        with self._database.read() as connection:
            return outbox.of_incident(connection, incident_id)

    def steps(self, incident_id: int) -> list[StepResult]:
        """Return an incident's runbook steps in order."""
        with self._database.read() as connection:
            return steps.of_incident(connection, incident_id)

    def acknowledge(self, incident_id: int, actor: str, now: datetime) -> Incident:
        """Acknowledge an incident; ConflictError if it is resolved."""
        with self._database.write() as connection:
            return incidents.acknowledge(connection, incident_id, actor, now)

    def resolve(self, incident_id: int, actor: str, now: datetime) -> Incident:
        """Resolve an incident by a person's word."""
        with self._database.write() as connection:
            return incidents.resolve(connection, incident_id, actor, now)

    def dead_letters(self, limit: int = 100) -> list[DeadLetter]:
        """Return the dead letters, newest first."""
        with self._database.read() as connection:
            return letters.dead_letters_kept(connection, limit)

    def automation_on(self) -> bool:
        """Return whether the machine may act."""
        with self._database.read() as connection:
            return letters.automation_on(connection)

    def switch_automation(self, on: bool, actor: str, now: datetime) -> None:
        """Switch the machine's actions on or off, everywhere."""
        with self._database.write() as connection:
            letters.switch_automation(connection, on, actor, now)

    def due_incidents(self, now: datetime, limit: int = 100) -> list[int]:
        """Return the ids of the incidents to look at, longest due first."""
        with self._database.read() as connection:
            return incidents.due(connection, now, limit)

    def decide(self, incident_id: int, now: datetime, decision: Callable[[Case], Outcome]) -> Outcome:
        """Show one incident to a pure decision, and write down all that it decides."""
        with self._database.write() as connection:
            outcome = decision(cases.whole(connection, incident_id, now))
            cases.write(connection, incident_id, outcome, now)
            ledger.conclude(connection, self._trust, incident_id, now)
            return outcome

    def open_incidents(self) -> list[Incident]:
        """Return every incident that is not resolved, oldest first."""
        with self._database.read() as connection:
            return incidents.still_open(connection)

    def groups(self, incident_id: int) -> list[AlertGroup]:
        """Return an incident's groups, to ask Alertmanager for what it left out of them."""
        with self._database.read() as connection:
            return recording.groups_of(connection, incident_id)

    def complete(self, incident_id: int, alerts: Sequence[Alert], now: datetime) -> None:
        """Add the alerts that a truncated group left out."""
        with self._database.write() as connection:
            recording.complete(connection, incident_id, alerts, now)

    def reconcile(self, incident_id: int, now: datetime, decision: Callable[[Case], Conclusion]) -> Conclusion:
        """Show one incident to a pure comparison, and write down all that it concludes."""
        with self._database.write() as connection:
            conclusion = decision(cases.whole(connection, incident_id, now))
            cases.write_conclusion(connection, incident_id, conclusion, now)
            if conclusion.incident is not None:
                ledger.conclude(connection, self._trust, incident_id, now)
            return conclusion

    def postpone(self, incident_id: int, until: datetime) -> None:
        """Look at an incident that can't be decided on later, so that it does not hold up the others."""
        with self._database.write() as connection:
            incidents.poke(connection, incident_id, until)

    def claim_delivery(self, now: datetime, lease: timedelta) -> ClaimedDelivery | None:
        """Write down the intent to send what is longest due, and return it."""
        with self._database.write() as connection:
            return outbox.claim(connection, now, lease)

    def finish_delivery(
        self,
        delivery: Delivery,
        values: Mapping[str, Any],
        now: datetime,
        *,
        entry: TimelineEntry | None = None,
        reference: Mapping[str, str] | None = None,
    ) -> bool:
        """Write down how a claimed delivery went; False when the claim was lost."""
        with self._database.write() as connection:
            if not outbox.finish(connection, delivery, values):
                return False
            if reference is not None:
                outbox.keep_reference(connection, delivery, reference)
            incidents.append(connection, delivery.incident_id, [entry] if entry else [])
            if values["status"] == DeliveryStatus.FAILED.value:
                incidents.poke(connection, delivery.incident_id, now)
            return True

    def claim_step(self, now: datetime, lease: timedelta) -> StepResult | None:
        """Take the runbook step that is longest due."""
        with self._database.write() as connection:
            return steps.claim(connection, now, lease)

    def begin_step(
        self, step: StepResult, now: datetime, history: timedelta, decision: StepDecision
    ) -> StepResult | None:
        """Decide, in the transaction that writes the intent down, whether a claimed step's change is made now.

        Two steps that would change the same thing at once meet here: the second sees the first's intent.

        Args:
            step: the claimed step.
            now: the time that the decision goes by.
            history: how far back it looks.
            decision: pure but for a look at the off file; called with everything that was read.

        Returns:
            The step as decided, or None when the claim was lost.
        """
        with self._database.write() as connection:
            decided, entries = decision(cases.of_step(connection, step, now, now - history, self._trust))
            if not steps.note(connection, decided):
                return None
            incidents.append(connection, step.incident_id, entries)
            ledger.conclude(connection, self._trust, step.incident_id, now)
            if entries:
                incidents.poke(connection, step.incident_id, now, news=True)
            return decided

    def finish_step(self, step: StepResult, entries: Sequence[TimelineEntry], now: datetime) -> bool:
        """Write down how a claimed step went and give the claim back; False when the claim was lost."""
        with self._database.write() as connection:
            if not steps.finish(connection, step):
                return False
            incidents.append(connection, step.incident_id, entries)
            ledger.conclude(connection, self._trust, step.incident_id, now)
            if entries or step.next_attempt_at is None:
                incidents.poke(connection, step.incident_id, now, news=bool(entries))
            return True

    def answer_step(self, incident_id: int, position: int, answer: Answer, now: datetime) -> StepResult:
        """Approve or reject the plan of a step; the same answer again changes nothing.

        Of several answers at once the first to get here counts, on however many replicas. A claim that somebody has
        on the step, to give it up because nobody answered, ends with the answer.

        Raises:
            NotFoundError: there is no such incident or step.
            ConflictError: it can't be answered so, or not any more.
        """
        with self._database.write() as connection:
            step = steps.locked(connection, incident_id, position)
            incident = incidents.one(connection, incident_id)
            if step is None:
                raise NotFoundError(f"incident {incident_id} has no step {position + 1}")
            decided = answered(step, incident, answer, now)
            if decided is None:
                return step
            steps.take_over(connection, decided[0])
            incidents.append(connection, incident_id, decided[1])
            ledger.conclude(connection, self._trust, incident_id, now)
            incidents.poke(connection, incident_id, now, news=True)
            return decided[0]

    def make_due(self, now: datetime) -> None:
        """Make everything due that waits for a later moment: the clock went back, so that moment may be far away."""
        with self._database.write() as connection:
            outbox.make_due(connection, now)
            steps.make_due(connection, now)
            incidents.make_due(connection, now)

    def release_claims(self, now: datetime) -> None:
        """Give back every claim; only for the one process that knows that no other is alive."""
        with self._database.write() as connection:
            outbox.release(connection, now)
            steps.release(connection)

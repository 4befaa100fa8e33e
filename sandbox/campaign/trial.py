"""Runs one scenario: the responder's own parts in the scenario's world, until all is well or all is with people."""

from collections.abc import Iterable, Sequence
from contextlib import suppress
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum
from pathlib import Path

from firebrigade.receivers.contract import Reason
from firebrigade.responder.approval import Answer, hash_of
from firebrigade.responder.errors import ConflictError
from firebrigade.responder.model import AlertGroup, Incident
from firebrigade.responder.model_steps import StepResult, StepStatus
from firebrigade.responder.store.database import Database
from firebrigade.responder.store.store import Store
from firebrigade.runbooks.clients import Clients
from firebrigade.runbooks.loader import RunbookLibrary
from firebrigade.runbooks.prometheus import PrometheusClient, PrometheusSettings
from firebrigade.runbooks.supervisor import SupervisorClient, SupervisorSettings
from sandbox.campaign.judge import Judge
from sandbox.campaign.labels import WRONG
from sandbox.campaign.rules import rules_for
from sandbox.campaign.scenario import Person, Scenario
from sandbox.campaign.stage import Stage, workloads_of
from sandbox.virtual.alarms import Alarms
from sandbox.virtual.service import Pager, Service, kubernetes_over
from sandbox.virtual.world import World

LOOKS, WAITS = 10.0, 30.0  # seconds from one look to the next: while a step is under way, and else
STAYS = timedelta(minutes=3)  # how long all must be well, and how long nothing more must be tried
LONGEST, LONGER = timedelta(hours=2), timedelta(hours=9)  # the latter where the trouble comes back
IDLE = timedelta(minutes=45)  # alerts that come and go are for people when nothing was changed for so long
SETTLED = timedelta(minutes=20)  # how old an incident has to be for its verdict and its page to be due
VERIFIED = StepStatus.VERIFIED
_ENDS = {VERIFIED, StepStatus.REJECTED, StepStatus.EXPIRED}


class Outcome(StrEnum):
    """What a scenario came to."""

    REPAIRED = "repaired"
    BY_ITSELF = "by itself"  # it was over before anybody had repaired anything
    ESCALATED = "escalated"
    HARMED = "harmed"


@dataclass(frozen=True, slots=True, kw_only=True)
class Result:
    """One scenario's end.

    Attributes:
        harm: what was done that must not be done.
        minutes: of virtual time, from the first incident to the last verdict and end; None where it was not repaired.
        story: what happened in the world and on the incidents' timelines, in order.
    """

    scenario: Scenario
    outcome: Outcome
    harm: tuple[str, ...]
    minutes: float | None
    story: tuple[tuple[datetime, str], ...]

    @property
    def missed(self) -> bool:
        """Whether a runbook can repair it, and did not."""
        return self.scenario.repairable and self.outcome is not Outcome.REPAIRED


def run(scenario: Scenario, library: RunbookLibrary, template: bytes, directory: Path) -> Result:
    """Run one scenario.

    Args:
        scenario: what to run.
        library: the runbooks.
        template: an empty database that has its tables, as bytes.
        directory: for the scenario's own database.
    """
    path = directory / f"{scenario.number}.sqlite"
    path.write_bytes(template)
    store = Store(Database(f"sqlite:///{path}"))
    try:
        with World(scenario.seed, workloads_of(scenario)) as world:
            return Trial(scenario, library, world, store).run()
    finally:
        store.close()
        path.unlink()


class Trial:
    """One scenario under way."""

    def __init__(self, scenario: Scenario, library: RunbookLibrary, world: World, store: Store) -> None:
        self._scenario, self._library, self._world, self._store = scenario, library, world, store
        self._stage = Stage(scenario, world)
        self._judge = Judge(scenario, self._stage, world)
        self._pager = Pager()
        self._alarmed = False
        self._rests_since: datetime | None = None
        self._closed: set[int] = set()

    def run(self) -> Result:
        """Run it to its end, and judge it."""
        self._stage.prepare()
        self._stage.begin()
        self._judge.remember()
        self._service = self._serving()
        self._alarms = Alarms(self._world, self._told, WRONG[self._scenario.obstacles.labels])
        until = self._world.now + (LONGER if self._scenario.obstacles.returns else LONGEST)
        while self._world.now < until and not self._over():
            self._turn()
        return self._result()

    def _serving(self) -> Service:
        world = self._world
        kubernetes = kubernetes_over(
            world.cluster,
            world.clock,
            lambda: None,
            lambda call: self._judge.watch(self._service.runner.step, call),
        )
        clients = Clients(
            kubernetes=kubernetes,
            supervisor=SupervisorClient(SupervisorSettings(url=world.supervisor.address)),
            prometheus=PrometheusClient(PrometheusSettings(url=world.prometheus.address)),
        )
        rules = rules_for(self._scenario, self._library, self._stage.maintenance)
        return Service(self._store, clients, world.clock, rules, self._pager)

    def _turn(self) -> None:
        """Let a little time pass, and everybody do what is due."""
        scraped = self._world.advance(LOOKS if self._busy() else WAITS)
        self._stage.tick()
        if scraped:
            self._alarms.look()
        if self._alarmed:
            self._service.sweep.drain()
            self._answer()
        self._judge.look()

    def _told(self, group: AlertGroup) -> None:
        if not self._alarmed:
            self._alarmed = True
            self._stage.alarmed()
        self._store.record(group, self._world.now)

    def _answer(self) -> None:
        """Let the person answer whatever waits for one."""
        if self._scenario.person is Person.NOBODY:
            return
        approve = self._scenario.person is Person.APPROVES
        for step in self._steps():
            if step.status is StepStatus.PROPOSED:
                with suppress(ConflictError):
                    self._store.answer_step(
                        step.incident_id,
                        step.position,
                        Answer(approve=approve, plan=hash_of(step), actor="anna"),
                        self._world.now,
                    )
                    self._judge.approved |= {step.step_id} if approve else set()

    def _steps(self) -> list[StepResult]:
        """Return the steps of the incidents that are not closed, or whose steps are not over."""
        found: list[StepResult] = []
        for incident in self._store.incidents(limit=1000):
            if incident.id not in self._closed:
                steps = self._store.steps(incident.id)
                self._closed |= {incident.id} if not incident.open and ended(steps) else set()
                found += steps
        return found

    def _busy(self) -> bool:
        return self._alarmed and any(_is_due(step) for step in self._steps())

    def _over(self) -> bool:
        """Return whether all has been well, or with people, for long enough."""
        incidents = self._store.incidents(limit=1000) if self._alarmed else []
        rests = bool(incidents) and not self._stage.more_comes and all(self._rests(one) for one in incidents)
        if incidents and not self._stage.more_comes and self._is_left_to_people(incidents):
            self._rests_since = None
            return True
        if not rests or self._judge_waits():
            self._rests_since = None
            return False
        self._rests_since = self._rests_since or self._world.now
        return self._world.now - self._rests_since >= STAYS

    def _is_left_to_people(self, incidents: Sequence[Incident]) -> bool:
        """Return whether alerts come and go, people know of it, and nothing was changed for long."""
        if any(one.suppressed_by for one in incidents):
            return False
        last = max([self._stage.began_at, *(write.at for write in self._judge.writes)])
        return self._world.now - last > IDLE and any(map(self._escalated, incidents))

    def _judge_waits(self) -> bool:
        """Return whether it is over for the incidents, and not yet for their causes' alarms."""
        return all(not one.open for one in self._store.incidents(limit=1000)) and bool(self._alarms.firing)

    def _rests(self, incident: Incident) -> bool:
        if not incident.open:
            return incident.id in self._closed
        if incident.suppressed_by:
            return False
        return ended(self._store.steps(incident.id)) and self._escalated(incident)

    def _escalated(self, incident: Incident) -> bool:
        told = [one for one in self._pager.told.values() if one.incident_id == incident.id]
        return any(one.reason is Reason.ESCALATED for one in told)

    def _result(self) -> Result:
        incidents = self._store.incidents(limit=1000)
        well = not any(self._world.troubled(one) for one in self._stage.victims)
        well = well and not any(one.open for one in incidents)
        steps = [step for one in incidents for step in self._store.steps(one.id)]
        verified = any(step.status is VERIFIED for step in steps)
        self._judge.end(repaired=well)
        harm = [*self._judge.harm, *self._unheard(incidents)]
        outcome = Outcome.BY_ITSELF if well else Outcome.ESCALATED
        if well and verified:
            outcome = Outcome.REPAIRED
        ends = [one.resolved_at for one in incidents] + [one.finished_at for one in steps if one.status is VERIFIED]
        took = max(filter(None, ends)) - min(one.opened_at for one in incidents) if well and verified else None
        return Result(
            scenario=self._scenario,
            outcome=Outcome.HARMED if harm else outcome,
            harm=tuple(harm),
            minutes=took.total_seconds() / 60 if took is not None else None,
            story=self._story(incidents),
        )

    def _unheard(self, incidents: Iterable[Incident]) -> Iterable[str]:
        """Yield who was left alone: an incident without an end, or one that no person was told of."""
        if not self._alarmed:
            yield "nothing was noticed"
        for one in incidents:
            if self._world.now - one.opened_at < SETTLED and self._rests_since is None:
                continue
            if one.open and not ended(self._store.steps(one.id)):
                yield f"incident {one.id} was left without a verdict"
            if one.open and not self._escalated(one):
                yield f"incident {one.id} was left, and nobody was told"

    def _story(self, incidents: Iterable[Incident]) -> tuple[tuple[datetime, str], ...]:
        lines = [(at, 0, f"world        {what}") for at, what in self._stage.told]
        lines += [(one.at, 1, f"changed      {one.method} {one.path}") for one in self._world.cluster.changes]
        for incident in incidents:
            for entry in self._store.timeline(incident.id):
                lines.append((entry.at, 2, f"{incident.id} {entry.kind:<17} {entry.detail}"))
        return tuple((at, what) for at, _, what in sorted(lines, key=lambda line: line[:2]))


def _is_due(step: StepResult) -> bool:
    return not step.status.over and step.next_attempt_at is not None


def ended(steps: Iterable[StepResult]) -> bool:
    """Return whether a run has come to its end: a step has helped or harmed, a person has said no, or none is left."""
    found = tuple(steps)
    last = any(step.status in _ENDS or step.harmed for step in found)
    return all(step.status.over or (last and step.status is StepStatus.PENDING) for step in found)

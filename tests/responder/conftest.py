"""A small responder in virtual time: a real SQLite store, a clock that is moved, and receivers that keep what they got.

``World`` is what most tests of the responder talk to: ``fires``, ``resolves``, ``passes`` and then ``kinds``.
"""

import atexit
import functools
import shutil
import tempfile
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from firebrigade.receivers.contract import Reach
from firebrigade.responder.case import Lookup, Suppression
from firebrigade.responder.clock import ManualClock
from firebrigade.responder.engine.courier import Courier
from firebrigade.responder.engine.runner import Runner
from firebrigade.responder.engine.sweep import Sweep
from firebrigade.responder.fingerprint import fingerprint
from firebrigade.responder.model import (
    Alert,
    AlertGroup,
    AlertStatus,
    Automation,
    EscalationPolicy,
    EscalationStep,
    Incident,
    Route,
)
from firebrigade.responder.restraints import Restraints
from firebrigade.responder.store.database import Database
from firebrigade.responder.store.store import Store
from firebrigade.responder.storms import Storms
from firebrigade.runbooks.contract import (
    Change,
    Guard,
    Health,
    Json,
    PastStep,
    Plan,
    Refusal,
    Runbook,
    RunbookStep,
    Target,
    Verdict,
)
from firebrigade.runbooks.modes import AutomationMode
from firebrigade.runbooks.must_not_rise import ChangeAge
from firebrigade.runbooks.trouble import Trouble
from tests.responder.keeping_receiver import KeepingReceiver
from tests.responder.scripted_readings import ScriptedReadings

FIRING = AlertStatus.FIRING
RESOLVED = AlertStatus.RESOLVED
LABELS = {
    "alertname": "ServiceDown",
    "severity": "critical",
    "service": "ryot",
    "namespace": "neurectomy",
    "pod": "ryot-1",
}


class ScriptedExecutor(ScriptedReadings):
    """Changes a small world of its own; what it finds and how it fails is set by the test."""

    def __init__(self) -> None:
        super().__init__()
        self.changes: list[str] = []
        self.undone: list[str] = []
        self.healths: list[Health] = []
        self.refusal: Refusal | None = None
        self.guards: Sequence[Guard] = ()
        self.before: dict[str, Json] = {}
        self.plan_refusals: dict[str, Refusal] = {}
        self.errors: list[Exception] = []
        self.undo_errors: list[Exception] = []
        self.lingers = timedelta()
        self.ages: list[ChangeAge | None] = []
        self.verify_errors: list[Exception] = []
        self.history: list[Sequence[PastStep]] = []
        self.not_permitted: Refusal | None = None
        self.plan_errors: list[Exception] = []
        self.backs: list[Verdict | Exception] = []

    def permit(self, step: RunbookStep, labels: Mapping[str, str]) -> Refusal | None:
        return self.not_permitted

    def plan(self, step: RunbookStep, trouble: Trouble, step_id: str, now: datetime) -> Plan | Refusal:
        labels = trouble.labels
        if self.plan_errors:
            raise self.plan_errors.pop(0)
        if step.name in self.plan_refusals:
            return self.plan_refusals[step.name]
        return Plan(
            step_id=step_id,
            action=step.action,
            target=Target(kind="pod", namespace=labels["namespace"], name=labels["pod"]),
            params={},
            before=self.before,
            desired={"restarted_at": now.isoformat()},  # as a restart's: it differs with the time
            precondition={},
            summary=f"{step.action} {labels['pod']}",
            planned_at=now,
        )

    def allow(self, plan: Plan, history: Sequence[PastStep], now: datetime) -> Refusal | None:
        self.history.append(history)
        refusals = (guard.allow(plan, history, now) for guard in self.guards)
        return self.refusal or next((refusal for refusal in refusals if refusal), None)

    def apply(self, plan: Plan) -> Change:
        if self.errors:
            raise self.errors.pop(0)
        already = plan.step_id in self.changes
        if not already:
            self.changes.append(plan.step_id)
        return Change(already=already, after={}, summary="done")

    def verify(self, plan: Plan, step: RunbookStep, labels: Mapping[str, str], age: ChangeAge | None = None) -> Verdict:
        self.ages.append(age)
        if self.verify_errors:
            raise self.verify_errors.pop(0)
        health = self.healths.pop(0) if self.healths else Health.HEALTHY
        return Verdict(health=health, summary=f"looks {health.value}", lingers=self.lingers)

    def undo(self, plan: Plan) -> Change | None:
        if self.undo_errors:
            raise self.undo_errors.pop(0)
        self.undone.append(plan.step_id)
        return Change(already=False, after={}, summary="taken back")

    def came_back(self, plan: Plan) -> Verdict | None:
        found = self.backs.pop(0) if self.backs else None
        if isinstance(found, Exception):
            raise found
        return found


@functools.cache
def _template() -> Path:
    """Make an empty, migrated database once in a test process; each world gets a copy."""
    path = Path(tempfile.mkdtemp(prefix="firebrigade-")) / "template.sqlite"
    atexit.register(shutil.rmtree, path.parent)
    database = Database(f"sqlite:///{path}")
    database.migrate()
    database.close()
    return path


@dataclass
class World:
    """Everything of a responder but the web, in virtual time."""

    path: Path
    clock: ManualClock = field(default_factory=ManualClock)
    receivers: dict[str, KeepingReceiver] = field(default_factory=dict)
    executor: ScriptedExecutor = field(default_factory=ScriptedExecutor)
    routes: list[Route] = field(default_factory=list)
    suppression: Suppression | None = None
    runbooks: dict[str, Runbook] = field(default_factory=dict)
    policies: dict[str, EscalationPolicy] = field(default_factory=dict)
    mode: AutomationMode = AutomationMode.AUTO
    restraints: Restraints = field(default_factory=Restraints)
    storms: Storms = field(default_factory=Storms)
    reach: dict[str, Reach] = field(default_factory=lambda: {"pagerduty": Reach.SLEEPER, "slack": Reach.READER})

    def __post_init__(self) -> None:
        shutil.copy(_template(), self.path)
        self.database = Database(f"sqlite:///{self.path}")
        self.store = Store(self.database)

    @property
    def now(self) -> datetime:
        return self.clock.now()

    @property
    def lookup(self) -> Lookup:
        return Lookup(
            route=lambda labels: next((r for r in self.routes if all(m.matches(labels) for m in r.matchers)), None),
            suppression=lambda labels, now: self._suppression(now),
            runbook=self._runbook,
            policies=self.policies,
            living=frozenset({"slack"}),
            mode=self.mode,
            storms=self.storms,
            reach=self.reach,
        )

    def _runbook(self, name: str, alertname: str) -> Runbook | None:
        return self.runbooks.get(name) or next((r for r in self.runbooks.values() if alertname in r.alerts), None)

    def _suppression(self, now: datetime) -> Suppression | None:
        return self.suppression if self.suppression and now < self.suppression.until else None

    @property
    def sweep(self) -> Sweep:
        courier = Courier(self.store, self.receivers, self.clock)
        runner = Runner(self.store, self.executor, self.clock, self.restraints)
        return Sweep(self.store, courier, runner, self.lookup, self.clock)

    def alert(self, status: AlertStatus = FIRING, *, starts_at: datetime | None = None, **labels: str) -> Alert:
        labels = {**LABELS, **labels}
        return Alert(
            fingerprint=fingerprint(labels),
            status=status,
            labels=labels,
            annotations={"summary": "Ryot is down"},
            starts_at=starts_at or datetime.fromisoformat("2026-01-05T08:59:00+00:00"),
            ends_at=self.now if status is RESOLVED else None,
        )

    def group(self, *alerts: Alert, **changes: Any) -> AlertGroup:
        held = [alert.labels.items() for alert in alerts]
        common = dict(set(held[0]).intersection(*held)) if held else {}
        firing = any(alert.status is FIRING for alert in alerts)
        group = AlertGroup(
            source="alertmanager",
            receiver="firebrigade",
            status=FIRING if firing else RESOLVED,
            group_key='{}:{alertname="ServiceDown"}',
            group_labels={"alertname": "ServiceDown"},
            common_labels=common,
            common_annotations={"summary": "Ryot is down"},
            external_url="http://alertmanager.test",
            alerts=alerts,
        )
        return replace(group, **changes)

    def fires(self, *alerts: Alert, **changes: Any) -> Incident:
        """Record a group, do what is due, and return its incident."""
        ids = self.store.record(self.group(*(alerts or (self.alert(),)), **changes), self.now)
        self.sweep.drain()
        return self.store.incident(ids[0])

    def resolves(self, *alerts: Alert) -> Incident:
        return self.fires(*(alerts or (self.alert(RESOLVED),)))

    def passes(self, by: timedelta, tick: timedelta = timedelta(seconds=10)) -> None:
        """Let time pass, doing what becomes due."""
        until = self.now + by
        while self.now < until:
            self.clock.advance(min(tick, until - self.now))
            self.sweep.drain()

    def kinds(self, incident_id: int = 1) -> list[str]:
        return [entry.kind for entry in self.store.timeline(incident_id)]

    def told(self, receiver: str) -> list[str]:
        return self.receivers[receiver].reasons


def step(name: str, **changes: Any) -> RunbookStep:
    return RunbookStep(name=name, action=name, target={}, verify_within=timedelta(minutes=1), **changes)


@pytest.fixture
def runbook() -> Callable[..., Runbook]:
    def make(*steps: RunbookStep | str) -> Runbook:
        made = tuple(step(one) if isinstance(one, str) else one for one in steps)
        return Runbook(name="service-down", title="", alerts=("ServiceDown",), steps=made, body="", path="")

    return make


@pytest.fixture
def policy() -> EscalationPolicy:
    within = timedelta(minutes=5)
    targets = {1: ("pagerduty",), 2: ("l2",), 3: ("l3",)}
    steps = tuple(EscalationStep(level=n, acknowledge_within=within, targets=targets[n]) for n in (1, 2, 3))
    return EscalationPolicy(name="default", steps=steps, automation=Automation.PARALLEL)


@pytest.fixture
def world(tmp_path: Path, policy: EscalationPolicy) -> Iterator[World]:
    names = ("pagerduty", "slack", "email", "l2", "l3")
    world = World(
        path=tmp_path / "firebrigade.sqlite",
        receivers={name: KeepingReceiver() for name in names},
        routes=[Route(matchers=(), receivers=("pagerduty", "slack", "email"), policy="default")],
        policies={"default": policy},
    )
    yield world
    world.store.close()

"""Dying at any commit: the next process ends the incident, with each effect made once, from what the rows say."""

from datetime import timedelta
from typing import Any

import pytest

from firebrigade.responder.approval import Answer, hash_of
from firebrigade.responder.model import AlertStatus
from firebrigade.responder.store.database import Database
from firebrigade.responder.store.store import Store
from firebrigade.responder.trust import TrustLevel, TrustSettings
from firebrigade.runbooks.contract import Health
from firebrigade.runbooks.guards import GuardSettings, guards_for
from firebrigade.runbooks.modes import AutomationMode, Modes

APPROVE = Modes(mode=AutomationMode.APPROVE)
ASKS = GuardSettings(modes=APPROVE, namespaces=frozenset({"neurectomy"}), cooldown=timedelta())
CALM = {"ready": 2, "wanted": 3, "takes_ready": 0, "disturbs_rollout": False}


class Died(BaseException):
    """Stands for kill -9: no handler of ours may catch it."""


class DyingDatabase(Database):
    """Dies before, or just after, the nth commit that writes."""

    def __init__(self, url: str) -> None:
        super().__init__(url)
        self.commits = 0
        self.dies_at: tuple[int, str] | None = None

    def write(self) -> Any:
        return _Dying(self, super().write())


class _Dying:
    def __init__(self, database: DyingDatabase, inner: Any) -> None:
        self._database = database
        self._inner = inner

    def __enter__(self) -> Any:
        return self._inner.__enter__()

    def __exit__(self, kind: Any, value: Any, trace: Any) -> Any:
        database = self._database
        if kind is None:
            database.commits += 1
        if kind is None and database.dies_at == (database.commits, "before"):
            self._inner.__exit__(Died, Died(), None)
            raise Died
        handled = self._inner.__exit__(kind, value, trace)
        if kind is None and database.dies_at == (database.commits, "after"):
            raise Died
        return handled


def _life(world: Any, database: DyingDatabase) -> None:
    """One incident from its first alert to its end; after a death the next process goes on from the rows."""
    world.store._database = database
    for alert in (world.alert(), world.alert(AlertStatus.RESOLVED)):
        _surviving(world, database, lambda alert=alert: _sent(world, alert))
        _surviving(world, database, lambda: world.passes(timedelta(minutes=2), tick=timedelta(minutes=1)))
        if world.executor.guards and alert.status is AlertStatus.FIRING:
            _surviving(world, database, lambda: _approved(world))


def _approved(world: Any) -> None:
    plan = hash_of(world.store.steps(1)[0])
    world.store.answer_step(1, 0, Answer(approve=True, plan=plan, actor="anna"), world.now)
    world.sweep.drain()


def _sent(world: Any, alert: Any) -> None:
    world.store.record(world.group(alert), world.now)
    world.sweep.drain()


def _surviving(world: Any, database: DyingDatabase, act: Any) -> None:
    try:
        act()
    except Died:
        database.dies_at = None
        world.store.release_claims(world.now)
        act()  # Alertmanager sends again what was not answered with 202


def _asks(world: Any) -> None:
    world.executor.guards = guards_for(ASKS)
    world.executor.before = CALM


@pytest.mark.parametrize("asks", [False, True], ids=["by itself", "approved by a person"])
def test_each_effect_is_made_once_wherever_the_process_dies(
    world: Any, runbook: Any, tmp_path: Any, asks: bool
) -> None:
    if asks:
        _asks(world)
    world.runbooks["service-down"] = runbook("restart")
    database = DyingDatabase(f"sqlite:///{world.path}")
    _life(world, database)
    commits = database.commits
    assert commits > 15
    database.close()
    for point in range(1, commits + 1):
        for moment in ("before", "after"):
            _check(world, runbook, tmp_path / f"{point}-{moment}.sqlite", (point, moment))
    assert world.kinds().count("approved") == int(asks)


def _check(world: Any, runbook: Any, path: Any, dies_at: tuple[int, str]) -> None:
    receivers = {name: type(receiver)() for name, receiver in world.receivers.items()}
    fresh = type(world)(path=path, receivers=receivers, routes=world.routes, policies=world.policies)
    fresh.runbooks["service-down"] = runbook("restart")
    asked = ["approval"] if world.executor.guards else []
    if asked:
        _asks(fresh)
    database = DyingDatabase(f"sqlite:///{path}")
    database.dies_at = dies_at
    _life(fresh, database)
    assert database.dies_at is None, f"never died at {dies_at}"
    assert len(fresh.executor.changes) == 1, dies_at
    assert fresh.told("pagerduty") == fresh.told("email") == ["triggered", *asked, "resolved"], dies_at
    assert [incident.status for incident in fresh.store.incidents()] == ["resolved"], dies_at
    assert [one.status for one in fresh.store.steps(1)] == ["verified"], dies_at
    assert fresh.kinds().count("approved") == len(asked), dies_at
    database.close()


@pytest.mark.parametrize("healths", [[], ["waiting", "failed"]])
def test_a_repeated_poke_does_no_harm(world: Any, runbook: Any, healths: list[str]) -> None:
    world.runbooks["service-down"] = runbook("restart")
    world.fires()
    before = world.kinds()
    for _ in range(3):
        world.store.postpone(1, world.now)
        world.sweep.drain()
    assert world.kinds() == before


def test_a_failed_run_costs_one_level_wherever_the_process_dies(world: Any, runbook: Any, tmp_path: Any) -> None:
    commits = _failing_life(world, runbook, world.path, None)
    assert commits > 10
    for point in range(1, commits + 1):
        for moment in ("before", "after"):
            _failing_life(world, runbook, tmp_path / f"{point}-{moment}.sqlite", (point, moment))


def _failing_life(world: Any, runbook: Any, path: Any, dies_at: tuple[int, str] | None) -> int:
    receivers = {name: type(receiver)() for name, receiver in world.receivers.items()}
    fresh = type(world)(path=path, receivers=receivers, routes=world.routes, policies=world.policies)
    fresh.runbooks["service-down"] = runbook("restart")
    fresh.executor.healths = [Health.FAILED] * 99
    database = DyingDatabase(f"sqlite:///{path}")
    database.dies_at = dies_at
    fresh.store = Store(database, TrustSettings(start=TrustLevel.AUTO, environments=("default",)))
    _life(fresh, database)
    assert [one.status for one in fresh.store.steps(1)] == ["failed"], dies_at
    assert [(one.event, one.level) for one in fresh.store.ledger.entries()] == [("failed", "approve")], dies_at
    assert fresh.kinds().count("trust_lost") == 1, dies_at
    database.close()
    return database.commits

"""The engine's metrics: counted from rows, so a restart loses none of them."""

from datetime import timedelta
from typing import Any

from prometheus_client import CollectorRegistry

from firebrigade.receivers.contract import PermanentDeliveryError, TemporaryDeliveryError
from firebrigade.responder.collector import StoreCollector, TrustCollector
from firebrigade.responder.trust import TrustLevel, TrustSettings
from firebrigade.responder.trusting import Trusting
from firebrigade.runbooks.contract import Health


def _value(world: Any, name: str, **labels: str) -> float | None:
    registry = CollectorRegistry()
    StoreCollector(world.store, world.clock, registry)
    return registry.get_sample_value(f"firebrigade_{name}", labels)


def test_what_was_told_and_done_is_counted(world: Any, runbook: Any) -> None:
    world.runbooks["service-down"] = runbook("restart")
    world.receivers["email"].fail = PermanentDeliveryError("no such mailbox")
    world.fires()
    assert _value(world, "incidents", status="triggered") == 1
    assert _value(world, "deliveries_total", receiver="pagerduty", status="delivered") == 1
    assert _value(world, "deliveries_total", receiver="email", status="failed") == 1
    assert _value(world, "delivery_attempts_total", receiver="email") == 1
    assert _value(world, "steps_total", action="restart", status="verified") == 1


def test_what_is_not_over_is_no_part_of_a_counter(world: Any, runbook: Any) -> None:
    world.runbooks["service-down"] = runbook("restart")
    world.executor.healths = [Health.WAITING]
    world.receivers["email"].fail = TemporaryDeliveryError("greylisted")
    world.fires()
    assert _value(world, "steps_waiting", action="restart", status="applied") == 1
    assert _value(world, "deliveries_waiting", receiver="email", status="pending") == 1
    assert _value(world, "steps_total", action="restart", status="applied") is None
    assert _value(world, "deliveries_total", receiver="email", status="pending") is None


def test_work_that_nobody_does_shows_how_long_it_waits(world: Any) -> None:
    assert _value(world, "overdue_seconds") == 0
    world.store.record(world.group(world.alert()), world.now)
    world.clock.advance(timedelta(seconds=90))
    assert _value(world, "overdue_seconds") == 90
    world.sweep.drain()
    assert _value(world, "overdue_seconds") == 0


def test_a_database_that_can_not_answer_leaves_them_out(world: Any) -> None:
    world.store.close()
    world.path.unlink()
    world.path.mkdir()
    assert _value(world, "overdue_seconds") is None


SETTINGS = TrustSettings(start=TrustLevel.AUTO, environments=("production", "staging"))


def _levels(world: Any, settings: TrustSettings | None = SETTINGS) -> dict[tuple[str, str, str], float]:
    registry = CollectorRegistry()
    trusting = Trusting(ledger=world.store.ledger, runbooks=list(world.runbooks.values()), settings=settings)
    TrustCollector(trusting, registry)
    return {
        (one.labels["runbook"], one.labels["environment"], one.labels["level"]): one.value
        for metric in registry.collect()
        for one in metric.samples
    }


def test_each_level_is_a_series_and_one_of_them_holds(world: Any, runbook: Any) -> None:
    world.runbooks["service-down"] = runbook("restart")
    trusting = Trusting(ledger=world.store.ledger, runbooks=list(world.runbooks.values()), settings=SETTINGS)
    trusting.change(("service-down", "staging"), (TrustLevel.SUGGEST, "careful"), "anna", world.now)
    found = _levels(world)
    assert len(found) == 8
    holds = {place for place, value in found.items() if value}
    assert holds == {("service-down", "production", "auto"), ("service-down", "staging", "suggest")}


def test_without_trust_there_are_no_levels(world: Any, runbook: Any) -> None:
    world.runbooks["service-down"] = runbook("restart")
    assert _levels(world, None) == {}


def test_a_database_that_can_not_answer_leaves_levels_out(world: Any, runbook: Any) -> None:
    world.runbooks["service-down"] = runbook("restart")
    world.store.close()
    world.path.unlink()
    world.path.mkdir()
    assert _levels(world) == {}

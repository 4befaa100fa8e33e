"""The world's alarms are those of the rule library: the same names, severities and times."""

from datetime import timedelta
from pathlib import Path

import pytest
import yaml

from firebrigade.responder.durations import parse_duration
from firebrigade.responder.model import AlertGroup, AlertStatus
from sandbox.virtual.alarms import RULES, Alarms, Rule
from sandbox.virtual.troubles import Cure, Symptom, Trouble, Workload
from sandbox.virtual.world import World

ALERTS = Path(__file__).parents[3] / "rules" / "alerts"
ORDERS = Workload(namespace="neurectomy", name="orders", replicas=2)


@pytest.mark.parametrize("rule", RULES, ids=lambda rule: rule.alert)
def test_a_rule_is_as_the_library_has_it(rule: Rule) -> None:
    files = [yaml.safe_load(path.read_text()) for path in ALERTS.glob("*.yaml")]
    bundled = [one for file in files for group in file["groups"] for one in group["rules"]]
    found = next(one for one in bundled if one.get("alert") == rule.alert)
    assert parse_duration(found["for"]) == rule.holds_for
    assert found["labels"]["severity"] == rule.severity


def test_an_alert_fires_after_its_time_and_ends_with_what_it_tells_of() -> None:
    told: list[tuple[timedelta, AlertGroup]] = []
    with World(1, [ORDERS]) as world:
        world.advance(600)
        began = world.now
        alarms = Alarms(world, lambda group: told.append((world.now - began, group)), dict)
        trouble = Trouble(workload=ORDERS, symptom=Symptom.HANGS, cure=Cure.NEW_POD)
        world.begin(trouble)
        for _ in range(12):
            world.advance(15)
            alarms.look()
        assert world.troubled(ORDERS)
        trouble.sick.clear()
        world.advance(15)
        alarms.look()
    (fired, firing), (_, over) = told
    assert timedelta(minutes=1) <= fired <= timedelta(seconds=90)
    assert (firing.status, over.status) == (AlertStatus.FIRING, AlertStatus.RESOLVED)
    assert firing.common_labels["deployment"] == "orders"
    assert alarms.firing == ()


def test_an_alert_whose_labels_get_lost_on_the_way_is_told_without_them() -> None:
    told: list[AlertGroup] = []
    with World(1, [ORDERS]) as world:
        world.advance(600)
        alarms = Alarms(world, told.append, lambda labels: {"alertname": labels["alertname"]})
        world.begin(Trouble(workload=ORDERS, symptom=Symptom.HANGS, cure=Cure.NOTHING))
        for _ in range(8):
            world.advance(15)
            alarms.look()
    assert [dict(one.labels) for group in told for one in group.alerts] == [{"alertname": "ServiceDown"}]

"""A ticket is quiet while its page fires, as the real Alertmanager's own check reads it."""

import subprocess
from pathlib import Path

import pytest
import yaml

from firebrigade.rules import commands
from firebrigade.rules.commands import Options

SPEC = """\
version: prometheus/v1
service: shop
slos:
  - name: orders
    objective: 99.9
    sli: {events: {error_query: 'sum(rate(bad[{{.window}}]))', total_query: 'sum(rate(all[{{.window}}]))'}}
    alerting: {name: OrdersFail, page_alert: {labels: {severity: pageteam}}, ticket_alert: {disable: %s}}
"""


@pytest.mark.parametrize(
    ("compat", "source", "target"),
    [
        pytest.param(
            "", 'tier=~"page-fast|page-slow"', 'tier=~"ticket-fast|ticket-slow"', id="one alert for each tier"
        ),
        pytest.param("sloth", 'sloth_severity="page"', 'sloth_severity="ticket"', id="as Sloth alerts"),
    ],
)
def test_a_page_silences_the_ticket_of_the_same_slo(compat: str, source: str, target: str, tmp_path: Path) -> None:
    (tmp_path / "slo.yaml").write_text(SPEC % "false")
    text = commands.build_inhibit_rules([tmp_path / "slo.yaml"], options=Options(compat=compat)).text
    config = yaml.safe_load(text)
    assert config["inhibit_rules"] == [
        {
            "source_matchers": [source, 'sloth_id=~".+"'],
            "target_matchers": [target, 'sloth_id=~".+"'],
            "equal": ["sloth_id"],
        }
    ]
    whole = {"route": {"receiver": "nobody"}, "receivers": [{"name": "nobody"}], **config}
    (tmp_path / "alertmanager.yml").write_text(yaml.safe_dump(whole))
    done = subprocess.run(
        ["amtool", "check-config", str(tmp_path / "alertmanager.yml")], capture_output=True, text=True
    )
    assert done.returncode == 0, done.stderr
    assert "1 inhibit rules" in done.stdout


def test_without_tickets_there_is_nothing_to_silence(tmp_path: Path) -> None:
    (tmp_path / "slo.yaml").write_text(SPEC % "true")
    built = commands.build_inhibit_rules([tmp_path / "slo.yaml"], tmp_path / "out")
    assert built.count == 0
    assert [path.name for path in built.files] == ["inhibit-rules.yml"]


def test_every_alert_that_takes_part_carries_what_is_compared(tmp_path: Path) -> None:
    (tmp_path / "slo.yaml").write_text(SPEC % "false")
    groups = yaml.safe_load(commands.build([tmp_path / "slo.yaml"]).text)["groups"]
    alerts = [rule for group in groups for rule in group["rules"] if rule.get("alert") == "OrdersFail"]
    assert {rule["labels"]["tier"] for rule in alerts} == {"page-fast", "page-slow", "ticket-fast", "ticket-slow"}
    for rule in alerts:
        assert 'sloth_id="shop-orders"' in rule["expr"]
        assert "by" not in rule["expr"]  # an aggregation that keeps only named labels would lose it

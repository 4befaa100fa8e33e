"""What promtool makes of bundled queries that are easy to get wrong: ``or``, states, and series that never began."""

from collections.abc import Mapping
from typing import Any

from firebrigade.rules.grafana import queries
from firebrigade.rules.testing import oracle
from firebrigade.rules.testing.oracle import Question, Simulation
from firebrigade.rules.testing.promtool import Promtool

Json = dict[str, Any]


def asked(dashboard: Json, title: str, **series: str) -> dict[str, float]:
    """Return what the first query of a panel answers after ten minutes of series."""
    (panel,) = [panel for panel in dashboard["panels"] if panel["title"] == title][:1]
    expr = queries.filled(panel["targets"][0]["expr"])
    (answer,) = oracle.ask(Promtool(), Simulation(groups=(), series=series), [Question(expr=expr, minute=10)])
    return dict(answer)


def breaker(name: str, state: str) -> dict[str, str]:
    """Return the three series of a breaker: 1 for the state that holds."""
    return {
        f'circuit_state{{service_name="{name}", state="{one}"}}': "1x10" if one == state else "0x10" for one in "012"
    }


def test_each_of_akoshas_breakers_has_its_own_state(bundled: Mapping[str, Json]) -> None:
    series = {**breaker("a", "0"), **breaker("b", "1"), **breaker("c", "2")}
    found = asked(bundled["circuit-breaker-status"], "State of each breaker", **series)
    assert found == {'{service_name="a"}': 0, '{service_name="b"}': 1, '{service_name="c"}': 2}
    states = next(one for one in bundled["circuit-breaker-status"]["panels"] if one["title"] == "State of each breaker")
    texts = states["fieldConfig"]["defaults"]["mappings"][0]["options"]
    assert {value: text["text"] for value, text in texts.items()} == {"0": "open", "1": "closed", "2": "half-open"}


def test_a_breaker_that_is_open_on_one_pod_only_is_open(bundled: Mapping[str, Json]) -> None:
    pods = {
        'circuit_state{service_name="a", state="0", pod="x"}': "1x10",
        'circuit_state{service_name="a", state="1", pod="x"}': "0x10",
        'circuit_state{service_name="a", state="0", pod="y"}': "0x10",
        'circuit_state{service_name="a", state="1", pod="y"}': "1x10",
    }
    assert asked(bundled["circuit-breaker-status"], "State of each breaker", **pods) == {'{service_name="a"}': 0}


def test_the_share_of_the_fallback_is_0_where_there_never_was_one(bundled: Mapping[str, Json]) -> None:
    real = {'embedding_generated_total{mode="real"}': "0+60x10"}
    assert list(asked(bundled["embedding-performance"], "Share of the fallback", **real).values()) == [0]


def test_no_open_breaker_is_0_and_not_nothing(bundled: Mapping[str, Json]) -> None:
    closed = {'neurectomy_circuit_breaker_state{exported_service="ryot"}': "0x10"}
    assert list(asked(bundled["service-health"], "Open breakers", **closed).values()) == [0]
    opened = {'neurectomy_circuit_breaker_state{exported_service="ryot"}': "1x10"}
    assert list(asked(bundled["service-health"], "Open breakers", **opened).values()) == [1]


def test_agents_that_are_not_healthy_are_not_counted_as_healthy(bundled: Mapping[str, Json]) -> None:
    states = {f'agents_health_status{{agent_id="{number}"}}': f"{number}x10" for number in range(3)}
    assert list(asked(bundled["agent-collective"], "Healthy agents", **states).values()) == [1]
    assert list(asked(bundled["agent-collective"], "Failed agents", **states).values()) == [1]

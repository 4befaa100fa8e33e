"""SLO specs: what is taken, and that every mistake is told at once with its place."""

from collections.abc import Callable
from pathlib import Path

import pytest

from firebrigade.rules import build, document, library
from firebrigade.rules.formats import own as spec
from firebrigade.rules.problems import RulesError
from firebrigade.rules.slo.objectives import Objective

Write = Callable[[str, str], Path]

SPEC = """\
service: shop
team: web
slos:
  - name: orders
    description: orders that are taken.
    objective: 99.9
    events:
      error: sum(rate(orders_total{status="failed"}[{{.window}}]))
      total: sum(rate(orders_total[{{.window}}]))
    alert:
      name: ShopOrdersBurnRate
      runbook: high-error-rate
      dashboard: shop
"""


def _objectives(path: Path) -> tuple[Objective, ...]:
    return spec.objectives(document.read(path), library.surroundings())


def _problems(write: Write, text: str) -> list[str]:
    path = write("shop.yaml", text)
    with pytest.raises(RulesError) as error:
        spec.objectives(document.read(path), library.surroundings())
    return [str(problem).removeprefix(str(path)) for problem in error.value.problems]


def test_a_spec_without_tiers_has_those_that_are_not_optional(write: Write) -> None:
    (objective,) = _objectives(write("shop.yaml", SPEC))
    assert [tier.tier for tier in objective.tiers] == ["page-fast", "page-slow", "ticket-fast", "ticket-slow"]
    assert (objective.id, str(objective.error_budget)) == ("shop-orders", "0.001")


def test_windows_may_lie_beside_the_spec(write: Write) -> None:
    write(
        "week.yaml",
        "period: 7d\ntiers: [{tier: only, severity: warning, budget_percent: 10, long: 1d, short: 2h}]",
    )
    text = SPEC.replace("objective: 99.9", "objective: 99.9\n    windows: week.yaml")
    (objective,) = _objectives(write("shop.yaml", text))
    assert [tier.tier for tier in objective.tiers] == ["only"]


@pytest.mark.parametrize(
    ("old", "new", "expected"),
    [
        pytest.param("99.9", "100", ":6: slos[0].objective: ", id="an objective without any budget"),
        pytest.param("99.9", "none", ":6: slos[0].objective: ", id="an objective that is no number"),
        pytest.param(
            "99.9",
            "90",
            ":6: slos[0].objective: tier page-fast can never fire: at 14.4 times the even pace more than all events "
            "fail; use an objective above 93.06 or leave the tier out",
            id="an objective that a tier can never reach",
        ),
        pytest.param("team: web", "", ":1: team: is missing; add it", id="no team"),
        pytest.param("objective:", "objektive:", ":6: slos[0].objektive: is not a key that is known here", id="a typo"),
        pytest.param(
            "[{{.window}}]))\n    alert", "[5m]))\n    alert", ":9: slos[0].events.total: must hold", id="no window"
        ),
        pytest.param(
            "sum(rate(orders_total[",
            "sum(rate(orders_total[[",
            ":9: slos[0].events.total: is not valid",
            id="no PromQL",
        ),
        pytest.param(
            "runbook:",
            "tiers: [page-fast, page]\n      runbook:",
            ":12: slos[0].alert.tiers[1]: page is no tier",
            id="no tier",
        ),
        pytest.param(
            "objective:",
            "windows: 31d\n    objective:",
            ":6: slos[0].windows: there are no windows '31d'",
            id="no windows",
        ),
        pytest.param("team: web", "team: web\nteam: web", ":3: team: is there twice", id="a key twice"),
    ],
)
def test_a_mistake_is_told_with_its_place(old: str, new: str, expected: str, write: Write) -> None:
    problems = _problems(write, SPEC.replace(old, new, 1))
    assert any(problem.startswith(expected) for problem in problems), problems


def test_all_mistakes_are_told_at_once(write: Write) -> None:
    text = SPEC.replace("99.9", "101").replace("team: web", "crew: web").replace("ShopOrders", "shop orders")
    assert len(_problems(write, text)) == 4


def test_two_slos_of_one_name_are_refused(write: Write) -> None:
    text = SPEC + SPEC.partition("slos:\n")[2]
    assert any("orders is there twice" in problem for problem in _problems(write, text))


def test_an_address_is_kept_as_it_is_and_a_name_becomes_one(write: Write) -> None:
    (objective,) = _objectives(
        write("shop.yaml", SPEC.replace("dashboard: shop", "dashboard: https://grafana.example/d/x"))
    )
    annotations = objective.alerting.all.annotations
    assert annotations["dashboard_url"] == "https://grafana.example/d/x"
    assert annotations["runbook_url"].endswith("/runbooks/high-error-rate")


@pytest.mark.parametrize(
    ("text", "part"),
    [
        pytest.param("a: [", "is not valid YAML", id="a list that does not end"),
        pytest.param("a: !!python/object:os.system x", "is not valid YAML", id="a tag that would make an object"),
        pytest.param("- 1", "is no spec", id="a list"),
        pytest.param("", "is empty", id="an empty file"),
        pytest.param("---\n---\n# nothing\n", "is empty", id="only empty documents"),
    ],
)
def test_what_is_no_spec_is_told_in_one_sentence(text: str, part: str, write: Write) -> None:
    with pytest.raises(RulesError, match=part) as error:
        build.compile_all([write("x.yaml", text)], library.surroundings())
    assert len(error.value.problems) == 1
    assert "\n" not in str(error.value)


def test_a_file_that_is_not_there_is_told_by_name(tmp_path: Path) -> None:
    with pytest.raises(RulesError, match=r"gone\.yaml: can't be read \(No such file"):
        document.read(tmp_path / "gone.yaml")


def test_a_file_that_is_no_text_is_told(tmp_path: Path) -> None:
    (tmp_path / "x.yaml").write_bytes(b"\xff\xfe\x00")
    with pytest.raises(RulesError, match="is not UTF-8 text"):
        document.read(tmp_path / "x.yaml")

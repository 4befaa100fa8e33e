"""``mutate`` as a function: what is noticed, what survives, and how it ends early."""

import shutil
from collections.abc import Callable, Iterator
from itertools import count
from pathlib import Path

import pytest

from firebrigade.rules import commands
from firebrigade.rules.commands import Effort, Mutated
from firebrigade.rules.problems import RulesError
from firebrigade.rules.testing.promtool import Promtool

Write = Callable[[str, str], Path]

RULES = """\
groups:
  - name: shop
    rules:
      - {record: shop:orders, expr: sum(shop_orders)}
      - {alert: ManyOrders, expr: 'shop:orders > 100'}
"""
TESTS = """\
rule_files: [rules.yaml]
evaluation_interval: 1m
group_eval_order: [shop]
tests:
  - name: 111 orders in two shops, then 100 and 99
    interval: 1m
    input_series:
      - {series: 'shop_orders{shop="a"}', values: '61 51 50'}
      - {series: 'shop_orders{shop="b"}', values: '50 49 49'}
    alert_rule_test:
      - {eval_time: 0m, alertname: ManyOrders, exp_alerts: [{}]}
      - {eval_time: 1m, alertname: ManyOrders}
      - {eval_time: 2m, alertname: ManyOrders}
"""
EQUIVALENTS = "equivalents: [{rules: [ManyOrders], changes: ['%s'], because: nobody orders less than nothing}]"


@pytest.fixture
def tests(write: Write) -> Path:
    write("rules.yaml", RULES)
    return write("tests.yaml", TESTS)


def _survivors(mutated: Mutated) -> list[str]:
    return [f"{verdict.subject.name}: {verdict.mutant.change}" for verdict in mutated.survivors]


def test_what_no_case_notices_survives(tests: Path) -> None:
    mutated = commands.mutate([tests])
    assert _survivors(mutated) == ["ManyOrders: limit > 100 becomes 110"]
    assert len(mutated.verdicts) == mutated.mutants == 7
    assert (mutated.problems, mutated.interrupted) == ((), False)


def test_a_survivor_has_its_line_and_its_expression(tests: Path) -> None:
    (verdict,) = commands.mutate([tests]).survivors
    assert (verdict.subject.place.file.name, verdict.line) == ("rules.yaml", 5)
    assert verdict.mutant.rule["expr"] == "shop:orders > 110"


def test_what_is_noticed_says_by_which_case(tests: Path) -> None:
    noticed = {verdict.noticed_by for verdict in commands.mutate([tests]).verdicts if not verdict.survived}
    assert noticed == {f"{tests}:5: 111 orders in two shops, then 100 and 99"}


def test_a_declared_change_does_not_survive(tests: Path, write: Write) -> None:
    declared = write("e.yaml", EQUIVALENTS % "limit > 100 becomes 110")
    mutated = commands.mutate([tests], equivalent=[declared])
    assert (_survivors(mutated), mutated.problems) == ([], ())
    assert [verdict.because for verdict in mutated.verdicts if verdict.because] == ["nobody orders less than nothing"]


def test_a_declared_change_that_a_case_notices_is_a_problem(tests: Path, write: Write) -> None:
    declared = write("e.yaml", EQUIVALENTS % "limit > 100 becomes 200")
    (problem,) = commands.mutate([tests], equivalent=[declared]).problems
    assert "is noticed by" in problem.message


def test_a_declaration_about_nothing_is_a_problem(tests: Path, write: Write) -> None:
    declared = write("e.yaml", EQUIVALENTS % "limit > 1000 becomes 900")
    (problem,) = commands.mutate([tests], equivalent=[declared]).problems
    assert "is no change of this rule" in problem.message


def test_only_what_one_alert_depends_on_is_changed(tests: Path, write: Write) -> None:
    write("rules.yaml", RULES + "      - {alert: Other, expr: shop_orders > 1000}\n")
    mutated = commands.mutate([tests], alerts=["ManyOrders"])
    assert {verdict.subject.name for verdict in mutated.verdicts} == {"shop:orders", "ManyOrders"}


def test_an_alert_that_is_not_there_is_told(tests: Path) -> None:
    with pytest.raises(RulesError, match="ManyOrder: is no alert"):
        commands.mutate([tests], alerts=["ManyOrder"])


def test_a_case_that_fails_without_any_change_is_told_and_proves_nothing(tests: Path, write: Write) -> None:
    write("rules.yaml", RULES.replace("> 100", "> 1000"))
    with pytest.raises(RulesError, match=r"tests.yaml:5: 111 orders.*: fails although nothing was changed"):
        commands.mutate([tests])


def test_wrong_files_are_all_told(write: Write) -> None:
    with pytest.raises(RulesError) as error:
        commands.mutate([write("a.yaml", "tests: ["), write("b.yaml", "tests: []")])
    assert {Path(problem.file).name for problem in error.value.problems} == {"a.yaml", "b.yaml"}


def test_no_mutant_is_begun_when_the_time_is_up(tests: Path) -> None:
    ticks = count()
    effort = Effort(jobs=1, budget_seconds=3, clock=lambda: next(ticks))
    mutated = commands.mutate([tests], effort=effort)
    assert (len(mutated.verdicts), mutated.mutants) == (2, 7)


def test_a_budget_tries_the_same_mutants_every_time(tests: Path) -> None:
    def first() -> list[str]:
        ticks = count()
        effort = Effort(jobs=1, budget_seconds=4, clock=lambda: next(ticks))
        return [verdict.mutant.change for verdict in commands.mutate([tests], effort=effort).verdicts]

    assert first() == first() != []


def test_ctrl_c_ends_it_with_what_is_known(tests: Path) -> None:
    def interrupt(_verdict: object, done: int, _total: int) -> None:
        if done == 3:
            raise KeyboardInterrupt

    mutated = commands.mutate([tests], progress=interrupt)
    assert (mutated.interrupted, len(mutated.verdicts), mutated.mutants) == (True, 3, 7)


def test_a_promtool_that_was_ended_has_noticed_nothing(tests: Path, write: Write) -> None:
    killed = write("promtool", "#!/bin/sh\nkill -INT $$\n")
    killed.chmod(0o700)
    mutated = commands.mutate([tests], promtool=Promtool(command=str(killed)))
    assert (mutated.verdicts, mutated.mutants) == ((), 7)


def test_progress_is_told_how_many_there_are(tests: Path) -> None:
    seen: list[tuple[int, int]] = []
    commands.mutate([tests], progress=lambda _verdict, done, total: seen.append((done, total)))
    assert seen == [(number, 7) for number in range(1, 8)]


def test_a_second_run_asks_promtool_nothing(tests: Path, write: Write, tmp_path: Path) -> None:
    effort = Effort(cache=tmp_path / "cache")
    first = commands.mutate([tests], effort=effort)
    mute = write("promtool", f'#!/bin/sh\n[ "$1" = --version ] && exec {shutil.which("promtool")} --version\nexit 1\n')
    mute.chmod(0o700)
    again = commands.mutate([tests], effort=effort, promtool=Promtool(command=str(mute)))
    assert [verdict.state for verdict in again.verdicts] == [verdict.state for verdict in first.verdicts]


def _order(effort: Effort, tests: Path) -> Iterator[str]:
    return (verdict.mutant.change for verdict in commands.mutate([tests], effort=effort).verdicts)


def test_the_order_does_not_depend_on_how_many_run_at_once(tests: Path) -> None:
    assert list(_order(Effort(jobs=1), tests)) == list(_order(Effort(jobs=4), tests))

"""A comment takes one check's problems away from one rule, and only with a reason."""

from collections.abc import Callable
from pathlib import Path

import pytest

from firebrigade.rules import build, check, checks, document, ignores
from firebrigade.rules.contract import Contract
from firebrigade.rules.library import Surroundings

Write = Callable[[str, str], Path]

RULES = """\
team: web
dashboard: shop
groups:
  - name: shop
    rules:
      - alert: One
        expr: min by (service) (upp) == 0
        labels: {severity: critical}
        annotations: {summary: one, description: "{{ $value }}"}
        runbook: high-error-rate

      - alert: Two
        expr: min by (service) (upp) == 0
        labels: {severity: critical}
        annotations: {summary: two, description: "{{ $value }}"}
        runbook: high-error-rate
"""
IGNORE = "# firebrigade: ignore metric/unknown because it is new"


@pytest.fixture
def problems(write: Write, contract: Contract, surroundings: Surroundings) -> Callable[[str], list[tuple[int, str]]]:
    """Return the lines and the checks of the problems that are left of the two rules."""

    def of(text: str) -> list[tuple[int, str]]:
        compiled = [build.compile_one(document.read(write("shop.yaml", text)), surroundings)]
        found = check.problems(compiled, contract, surroundings)
        return [(one.line, one.check) for one in ignores.sifted(found, compiled, checks.every())]

    return of


Problems = Callable[[str], list[tuple[int, str]]]


def with_line(line: str, before: str) -> str:
    """Return the rules with a line before the first one that begins so."""
    return RULES.replace(before, f"{line}\n{before}", 1)


def test_without_a_comment_both_rules_are_told(problems: Problems) -> None:
    assert problems(RULES) == [(7, "metric/unknown"), (13, "metric/unknown")]


@pytest.mark.parametrize(
    "text",
    [
        pytest.param(with_line(f"      {IGNORE}", "      - alert: One"), id="above the rule"),
        pytest.param(with_line(f"      {IGNORE}\n      # and more", "      - alert: One"), id="above with more below"),
        pytest.param(RULES.replace("alert: One", f"alert: One  {IGNORE}"), id="at the rule's first line"),
        pytest.param(
            RULES.replace("runbook: high-error-rate", f"runbook: high-error-rate  {IGNORE}", 1), id="at its last"
        ),
        pytest.param(with_line(f"        {IGNORE}", "        labels:"), id="between its keys"),
        pytest.param(RULES.replace("expr: min", f"expr: |\n          {IGNORE}\n          min", 1), id="in its PromQL"),
    ],
)
def test_a_comment_holds_for_its_rule_and_no_other(text: str, problems: Problems) -> None:
    assert [name for _, name in problems(text)] == ["metric/unknown"]
    assert problems(text)[0][0] > text.splitlines().index("      - alert: Two")


@pytest.mark.parametrize(
    "text",
    [
        pytest.param(with_line(f"      {IGNORE}", "      - alert: Two"), id="above the second"),
        pytest.param(f"{RULES.rstrip()}  {IGNORE}\n", id="at the end of the second"),
    ],
)
def test_a_comment_on_the_last_rule_leaves_the_first(text: str, problems: Problems) -> None:
    assert problems(text) == [(7, "metric/unknown")]


@pytest.mark.parametrize(
    ("comment", "expected"),
    [
        pytest.param("# firebrigade: ignore metric/unknown", "ignore/comment", id="no reason"),
        pytest.param("# firebrigade: ignore metric/unknown because", "ignore/comment", id="an empty reason"),
        pytest.param("# firebrigade: ignore metric/unknwon because x", "ignore/comment", id="no such check"),
        pytest.param("# firebrigade: disable metric/unknown because x", "ignore/comment", id="another word"),
        pytest.param("# firebrigade: ignore metric/type because x", "ignore/unused", id="nothing to ignore"),
    ],
)
def test_a_comment_that_does_nothing_is_told(comment: str, expected: str, problems: Problems) -> None:
    told = problems(with_line(f"      {comment}", "      - alert: One"))
    assert told == [(8, "metric/unknown"), (14, "metric/unknown"), (6, expected)]


def test_a_comment_above_nothing_is_told(problems: Problems) -> None:
    assert (18, "ignore/unused") in problems(f"{RULES}\n      {IGNORE}\n\n")
    assert (11, "ignore/unused") in problems(RULES.replace("\n\n", f"\n      {IGNORE}\n\n"))


def test_a_comment_about_a_check_that_was_not_made_is_not_told(
    write: Write, contract: Contract, surroundings: Surroundings
) -> None:
    text = with_line("      # firebrigade: ignore metric/type because x", "      - alert: One")
    compiled = [build.compile_one(document.read(write("shop.yaml", text)), surroundings)]
    assert ignores.sifted([], compiled, ()) == []
    assert [one.check for one in ignores.sifted([], compiled, {"metric/type"})] == ["ignore/unused"]

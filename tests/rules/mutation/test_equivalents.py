"""Declared equivalents: what they are about, and that each has a reason and is still true."""

from collections.abc import Callable
from pathlib import Path

import pytest

from firebrigade.rules import library
from firebrigade.rules.mutation import equivalents
from firebrigade.rules.mutation.equivalents import Change
from firebrigade.rules.mutation.subject import subjects
from firebrigade.rules.problems import RulesError
from firebrigade.rules.testing import cases

Write = Callable[[str, str], Path]

DECLARED = """\
equivalents:
  - rules: [Down, Slow]
    files: [pods.yaml, 'api-*']
    changes: ['> 0 becomes != 0*', 'sum becomes max']
    because: a number of pods is never below zero
"""


CHANGES = [Change("pods.yaml", "Down", "> 0 becomes != 0"), Change("pods.yaml", "Up", "sum becomes max")]


def test_a_declaration_is_about_each_of_its_rules_and_changes(write: Write) -> None:
    declared = equivalents.load([write("e.yaml", DECLARED)])
    assert [(one.rule, one.change) for one in declared] == [
        ("Down", "> 0 becomes != 0*"),
        ("Down", "sum becomes max"),
        ("Slow", "> 0 becomes != 0*"),
        ("Slow", "sum becomes max"),
    ]


@pytest.mark.parametrize(
    ("file", "rule", "change", "about"),
    [
        pytest.param("pods.yaml", "Down", "> 0 becomes != 0", True, id="the change itself"),
        pytest.param("pods.yaml", "Down", "> 0 becomes != 0 (2)", True, id="a star stands for anything"),
        pytest.param("pods.yaml", "Down", "x > 0 becomes != 0", False, id="not for what comes before it"),
        pytest.param("pods.yaml", "Up", "> 0 becomes != 0", False, id="another rule"),
        pytest.param("pods.yaml", "Down", "> 0 becomes >= 0", False, id="another change"),
        pytest.param("api-tasks.yaml", "Down", "> 0 becomes != 0", True, id="a file by its beginning"),
        pytest.param("disks.yaml", "Down", "> 0 becomes != 0", False, id="another file"),
    ],
)
def test_what_a_declaration_is_about(file: str, rule: str, change: str, about: bool, write: Write) -> None:
    assert equivalents.load([write("e.yaml", DECLARED)])[0].is_about(Change(file, rule, change)) is about


@pytest.mark.parametrize(
    ("text", "told"),
    [
        pytest.param(DECLARED.partition("    because")[0], "because", id="no reason"),
        pytest.param(DECLARED.replace("a number of pods is never below zero", "''"), "because", id="an empty reason"),
        pytest.param(DECLARED.replace("[Down, Slow]", "[]"), "rules", id="no rule"),
        pytest.param("equivalents: [", "not valid YAML", id="no YAML"),
    ],
)
def test_a_declaration_without_reason_or_rule_is_refused(text: str, told: str, write: Write) -> None:
    with pytest.raises(RulesError, match=told):
        equivalents.load([write("e.yaml", text)])


def test_a_declaration_about_no_change_is_told_with_its_line(write: Write) -> None:
    declared = equivalents.load([write("e.yaml", DECLARED)])
    (problem,) = equivalents.unmatched(declared, CHANGES)
    assert str(problem).endswith(
        "e.yaml:2: Down: sum becomes max: is no change of this rule any more; remove it or correct it"
    )


def test_every_declaration_of_the_library_is_about_a_change() -> None:
    declared = equivalents.load([library.equivalents()])
    found = subjects([cases.load(path) for path in library.tests()])
    changes = [subject.change(mutant) for subject in found for mutant in subject.mutants()]
    assert list(equivalents.unmatched(declared, changes)) == []
    assert [one for one in declared if not any(map(one.knows, changes))] == []

"""Each rule together with the cases that ought to notice when it changes, cut down to what it can change.

``rules.commands.mutating`` and the tests call ``subjects``. A case keeps the assertions that depend on the rule and a
rule file that has only what those depend on: it is quicker, and its result does not change with other rules.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from firebrigade.rules import document
from firebrigade.rules.document import Document
from firebrigade.rules.durations import Duration
from firebrigade.rules.mutation.equivalents import Change
from firebrigade.rules.mutation.mutant import Mutant, mutations
from firebrigade.rules.mutation.ruleset import Place, Rule, RuleSet, rule_set
from firebrigade.rules.problems import Problem, RulesError
from firebrigade.rules.testing.cases import Case, Loaded


@dataclass(frozen=True, slots=True, kw_only=True)
class CutCase:
    """A case that looks at one rule, and the rules that it needs for that."""

    case: Case
    rules: RuleSet
    needed: frozenset[Place]

    @property
    def cost(self) -> int:
        """How long it takes, roughly: series and rules, as often as they are evaluated."""
        content, test = self.case.content, self.case.content["tests"][0]
        looks = [*test.get("alert_rule_test", ()), *test.get("promql_expr_test", ())]
        last = max(Duration(str(look["eval_time"])).seconds for look in looks)
        evaluations = 1 + last // max(1, Duration(str(content["evaluation_interval"])).seconds)
        return evaluations * (len(test.get("input_series") or ()) + len(self.needed))


@dataclass(frozen=True, slots=True, kw_only=True)
class Subject:
    """One rule that is to be broken.

    Attributes:
        source: the rule file, which knows the line of each key.
        read_by: the alerts that the rule can change: itself, or those that read what it records.
        cases: those that look at it, the quick ones first.
    """

    place: Place
    rule: Rule
    source: Document
    read_by: tuple[str, ...]
    cases: tuple[CutCase, ...]

    @property
    def name(self) -> str:
        """The alert's or the recorded series' name."""
        return str(self.rule.get("alert") or self.rule.get("record"))

    def line(self, mutant: Mutant) -> int:
        """Return the line of what a mutant changes."""
        return self.source.line(("groups", self.place.group, "rules", self.place.number, mutant.key))

    def change(self, mutant: Mutant) -> Change:
        """Return what a mutant changes, as declarations of equivalent ones know it."""
        return Change(file=self.place.file.name, rule=self.name, sentence=mutant.change)

    def mutants(self) -> tuple[Mutant, ...]:
        """Return everything that can be broken.

        Raises:
            RulesError: its expression can't be parsed.
        """
        try:
            return mutations(self.rule)
        except ValueError as error:
            path = ("groups", self.place.group, "rules", self.place.number, "expr")
            raise RulesError([self.source.problem(path, f"can't be changed: {error}")]) from None


def subjects(loaded: Sequence[Loaded]) -> tuple[Subject, ...]:
    """Return each rule that an alert of the test files' rules depends on, in the order of the files.

    Raises:
        RulesError: a rule file can't be read, or has an expression that is not PromQL.
    """
    sources: dict[Path, Document] = {}
    looking: dict[Place, list[CutCase]] = {}
    sets: list[RuleSet] = []
    for one in loaded:
        for path in one.cases[0].rule_files:
            sources.setdefault(path, document.read(path))
        rules = rule_set([(path, sources[path].data) for path in one.cases[0].rule_files])
        sets.append(rules)
        for place, cut in _cuts(one, rules):
            looking.setdefault(place, []).append(cut)
    return tuple(_subjects(sets, sources, looking))


def _subjects(
    sets: Sequence[RuleSet], sources: dict[Path, Document], looking: dict[Place, list[CutCase]]
) -> Iterator[Subject]:
    told: set[Place] = set()
    for rules in sets:
        for place, rule in rules.rules.items():
            alerts = _alerts(rules, place)
            if place in told or not alerts:
                continue
            told.add(place)
            cases = sorted(looking.get(place, ()), key=lambda cut: cut.cost)
            yield Subject(place=place, rule=rule, source=sources[place.file], read_by=alerts, cases=tuple(cases))


def _alerts(rules: RuleSet, place: Place) -> tuple[str, ...]:
    names = dict.fromkeys(str(rule["alert"]) for rule in rules.rules.values() if "alert" in rule)
    return tuple(name for name in names if place in rules.named(name))


def _cuts(one: Loaded, rules: RuleSet) -> Iterator[tuple[Place, CutCase]]:
    for case in one.cases:
        test = case.content["tests"][0]
        needs = [
            ("alert_rule_test", look, rules.named(look["alertname"])) for look in test.get("alert_rule_test") or ()
        ]
        needs += [("promql_expr_test", look, _read_by(one, rules, look)) for look in test.get("promql_expr_test") or ()]
        for place in sorted(frozenset().union(*(places for _, _, places in needs))):
            yield place, _cut(case, rules, [need for need in needs if place in need[2]])


def _read_by(one: Loaded, rules: RuleSet, look: dict[str, Any]) -> frozenset[Place]:
    try:
        return rules.read_by(str(look["expr"]))
    except ValueError as error:
        message = f"{look['expr']} is not PromQL: {error}"
        raise RulesError(
            [Problem(file=str(one.source.path), line=0, key="promql_expr_test", message=message)]
        ) from None


def _cut(case: Case, rules: RuleSet, needs: list[tuple[str, dict[str, Any], frozenset[Place]]]) -> CutCase:
    needed = frozenset[Place]().union(*(places for _, _, places in needs))
    names = {rules.groups[place.file, place.group] for place in needed}
    kept: dict[str, list[Any]] = {}
    for kind, look, _ in needs:
        kept.setdefault(kind, []).append(look)
    test = {key: value for key, value in case.content["tests"][0].items() if not key.endswith("_test")}
    content = {
        **case.content,
        "group_eval_order": [name for name in case.content["group_eval_order"] if name in names],
        "tests": [{**test, **kept}],
    }
    cut = Case(file=case.file, line=case.line, name=case.name, written=case.written, content=content, rule_files=())
    return CutCase(case=cut, rules=rules, needed=needed)

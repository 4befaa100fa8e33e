"""Each rule together with the cases that ought to notice when it changes, cut down to what it can change.

``rules.commands.mutating`` and the tests call ``subjects``. A case keeps the assertions that depend on the rule: it is
quicker, and its result does not change with other rules.
"""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace

from firebrigade.rules.document import Document
from firebrigade.rules.mutation.equivalents import Change
from firebrigade.rules.mutation.mutant import Mutant, mutations
from firebrigade.rules.problems import RulesError
from firebrigade.rules.testing.cases import Case, Loaded
from firebrigade.rules.testing.ruleset import Place, Rule, RuleSet


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
    cases: tuple[Case, ...]

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
    """Return each rule that an alert of the test files' rules depends on, in the order of the files."""
    looking: dict[Place, list[Case]] = {}
    for one in loaded:
        for place, case in _cut_cases(one):
            looking.setdefault(place, []).append(case)
    return tuple(_subjects([one.rules for one in loaded], looking))


def _subjects(sets: Sequence[RuleSet], looking: Mapping[Place, Sequence[Case]]) -> Iterator[Subject]:
    told: set[Place] = set()
    for rules in sets:
        for place, rule in rules.by_place.items():
            alerts = _alerts(rules, place)
            if place in told or not alerts:
                continue
            told.add(place)
            cases = sorted(looking.get(place, ()), key=lambda case: case.cost)
            yield Subject(place=place, rule=rule, source=rules.files[place.file], read_by=alerts, cases=tuple(cases))


def _alerts(rules: RuleSet, place: Place) -> tuple[str, ...]:
    names = dict.fromkeys(str(rule["alert"]) for rule in rules.by_place.values() if "alert" in rule)
    return tuple(name for name in names if place in rules.named(name))


def _cut_cases(one: Loaded) -> Iterator[tuple[Place, Case]]:
    for case in one.cases:
        for place in sorted(case.needed):
            yield place, _cut(case, place)


def _cut(case: Case, place: Place) -> Case:
    """Return a case with only those of its assertions that depend on a rule."""
    test = case.content["tests"][0]
    kept = {
        key: [look for look in value or () if place in case.rules.needed([look])] if key.endswith("_test") else value
        for key, value in test.items()
    }
    return replace(case, content={**case.content, "tests": [kept]})

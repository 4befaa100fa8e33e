"""The rules that a test file is about, and which of them an assertion depends on.

``subject.py`` cuts test files down to what one rule can change. Reads no file and runs nothing.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from firebrigade.rules.promql import expressions

Rule = Mapping[str, Any]
_ALERT_SERIES = frozenset({"ALERTS", "ALERTS_FOR_STATE"})


@dataclass(frozen=True, slots=True, kw_only=True, order=True)
class Place:
    """Where a rule stands: in which file, group and position; sorts in the order of evaluation of one file."""

    file: Path
    group: int
    number: int


@dataclass(frozen=True, slots=True, kw_only=True)
class RuleSet:
    """Rules with their places, in the order in which their groups are read.

    Attributes:
        groups: the name of each group, by its file and number.
    """

    rules: Mapping[Place, Rule]
    groups: Mapping[tuple[Path, int], str]
    _known: dict[Place, frozenset[Place]] = field(default_factory=dict)

    def named(self, alert: str) -> frozenset[Place]:
        """Return the rules of an alert and everything that they read."""
        return self._with_reads(place for place, rule in self.rules.items() if rule.get("alert") == alert)

    def read_by(self, expr: str) -> frozenset[Place]:
        """Return the rules whose results an expression reads, and everything that those read.

        Raises:
            ValueError: it is not PromQL.
        """
        return self._with_reads(self._read_directly(expr))

    def text_of(self, places: Iterable[Place], changed: Mapping[Place, Rule]) -> list[dict[str, Any]]:
        """Return groups with some of the rules, in their order, some of them changed, as a rule file has them."""
        groups: dict[str, dict[str, Any]] = {}
        for place in sorted(places, key=list(self.rules).index):
            name = self.groups[place.file, place.group]
            group = groups.setdefault(name, {"name": name, "rules": []})
            group["rules"].append(dict(changed.get(place, self.rules[place])))
        return list(groups.values())

    def _with_reads(self, places: Iterable[Place]) -> frozenset[Place]:
        found: set[Place] = set()
        left = list(places)
        while left:
            place = left.pop()
            if place not in found:
                found.add(place)
                left += self._reads(place)
        return frozenset(found)

    def _reads(self, place: Place) -> frozenset[Place]:
        if place not in self._known:
            self._known[place] = self._read_directly(str(self.rules[place]["expr"]))
        return self._known[place]

    def _read_directly(self, expr: str) -> frozenset[Place]:
        selected = list(expressions.selectors(expressions.parse(expr)))
        return frozenset(
            place for place, rule in self.rules.items() if any(_selects(selector, rule) for selector in selected)
        )


def _selects(selector: expressions.Selector, rule: Rule) -> bool:
    """Say whether a selector may select what a rule makes; a selector without a name may select anything."""
    if selector.name and selector.name not in _ALERT_SERIES:
        return rule.get("record") == selector.name
    made = {**(rule.get("labels") or {}), "alertname": rule.get("alert", "")}
    equal = ((m.name, m.value) for m in selector.matchers if str(m.op) == "MatchOp.Equal")
    fits = all("{{" in made[name] or made[name] == value for name, value in equal if name in made)
    return fits and ("alert" in rule or not selector.name)


def rule_set(files: Sequence[tuple[Path, Any]]) -> RuleSet:
    """Return the rules of rule files, given as the data of each."""
    numbered = [
        (path, number, group) for path, data in files for number, group in enumerate((data or {}).get("groups") or ())
    ]
    return RuleSet(
        rules={
            Place(file=path, group=group_number, number=number): rule
            for path, group_number, group in numbered
            for number, rule in enumerate(group.get("rules") or ())
        },
        groups={(path, number): str(group["name"]) for path, number, group in numbered},
    )

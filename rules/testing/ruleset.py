"""The rules that a test file is about, and which of them an assertion depends on.

``cases.py`` gives promtool only the rules that a case needs, and ``rules.mutation`` changes one of them. Runs nothing.
"""

import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

from pydantic import BaseModel, ConfigDict

from firebrigade.rules import yamltext
from firebrigade.rules.document import Document
from firebrigade.rules.problems import Problem, RulesError
from firebrigade.rules.promql import expressions

Rule = Mapping[str, Any]
_QUERY = re.compile(r"\{\{.*\bquery\b", re.DOTALL)
_ALERT_SERIES = frozenset({"ALERTS", "ALERTS_FOR_STATE"})


class _Rule(BaseModel):
    """What must be right before promtool can judge the rest."""

    model_config = ConfigDict(extra="allow")

    alert: str | None = None
    record: str | None = None
    expr: str | int | float
    labels: dict[str, str] | None = None
    annotations: dict[str, str] | None = None


class _Group(BaseModel):
    model_config = ConfigDict(extra="allow")

    name: str
    rules: list[_Rule] | None = None


class _RuleFile(BaseModel):
    groups: list[_Group] | None = None


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
        files: the rule files as they are written.
        by_place: what stands where, as Prometheus reads it; differs from the files where one was replaced.
    """

    files: Mapping[Path, Document] = field(repr=False)
    by_place: Mapping[Place, Rule] = field(repr=False)
    _read: dict[str, frozenset[Place]] = field(default_factory=dict, repr=False)
    _texts: dict[frozenset[Place], tuple[str, ...]] = field(default_factory=dict, repr=False)

    @property
    def alerts(self) -> frozenset[str]:
        """The names of all alerts."""
        return frozenset(str(rule["alert"]) for rule in self.by_place.values() if "alert" in rule)

    @property
    def groups(self) -> tuple[str, ...]:
        """The names of all groups, also of those without rules."""
        return tuple(str(group["name"]) for file in self.files.values() for group in _groups(file))

    def replaced(self, place: Place, rule: Rule) -> "RuleSet":
        """Return the same rules but for one."""
        return replace(self, by_place={**self.by_place, place: rule}, _read={}, _texts={})

    def needed(self, looks: Iterable[Mapping[str, Any]]) -> frozenset[Place]:
        """Return the rules that assertions of promtool cases depend on, by an alert's name or an expression."""
        return frozenset[Place]().union(
            *(
                self.named(look["alertname"]) if "alertname" in look else self.read_by(str(look["expr"]))
                for look in looks
            )
        )

    def _needed_by(self, look: Mapping[str, Any]) -> frozenset[Place]:
        return self.named(look["alertname"]) if "alertname" in look else self.read_by(str(look["expr"]))

    def named(self, alert: str) -> frozenset[Place]:
        """Return the rules of an alert and everything that they read."""
        return self._with_reads(place for place, rule in self.by_place.items() if rule.get("alert") == alert)

    def read_by(self, expr: str) -> frozenset[Place]:
        """Return the rules whose results an expression reads, and everything that those read.

        An expression that is not understood here may read all: a newer Prometheus may know more.
        """
        return self._with_reads(self._read_directly(expr))

    def group_names(self, places: Iterable[Place]) -> frozenset[str]:
        """Return the names of the groups in which rules stand."""
        return frozenset(str(self._group(place)["name"]) for place in places)

    def texts(self, places: frozenset[Place]) -> tuple[str, ...]:
        """Return rule files with some of the rules only, each in its group."""
        if places not in self._texts:
            self._texts[places] = tuple(self._cut(file, places) for file in sorted({place.file for place in places}))
        return self._texts[places]

    def _cut(self, file: Path, places: Iterable[Place]) -> str:
        kept: dict[int, list[Rule]] = {}
        for place in sorted(place for place in places if place.file == file):
            kept.setdefault(place.group, []).append(self.by_place[place])
        groups = _groups(self.files[file])
        return yamltext.text({"groups": [{**groups[number], "rules": rules} for number, rules in kept.items()]})

    def _group(self, place: Place) -> Mapping[str, Any]:
        return _groups(self.files[place.file])[place.group]

    def _with_reads(self, places: Iterable[Place]) -> frozenset[Place]:
        found: set[Place] = set()
        left = list(places)
        while left:
            place = left.pop()
            if place not in found:
                found.add(place)
                left += self._reads(self.by_place[place])
        return frozenset(found)

    def _reads(self, rule: Rule) -> Iterable[Place]:
        # {{ query "…" }} (https://prometheus.io/docs/prometheus/latest/configuration/template_reference/#queries)
        if any(_QUERY.search(text) for key in ("labels", "annotations") for text in (rule.get(key) or {}).values()):
            return self.by_place
        return self._read_directly(str(rule["expr"]))

    def _read_directly(self, expr: str) -> frozenset[Place]:
        if expr not in self._read:
            self._read[expr] = frozenset(self._found(expr))
        return self._read[expr]

    def _found(self, expr: str) -> Iterable[Place]:
        try:
            selected = list(expressions.selectors(expressions.parse(expr)))
        except ValueError:
            return self.by_place
        return (place for place, rule in self.by_place.items() if any(_selects(one, rule) for one in selected))


def rule_set(files: Sequence[Document]) -> RuleSet:
    """Return the rules of rule files.

    Raises:
        RulesError: with everything that is no rule file's form.
    """
    if problems := [problem for file in files for problem in _problems(file)]:
        raise RulesError(problems)
    return RuleSet(
        files={file.path: file for file in files},
        by_place={
            Place(file=file.path, group=group_number, number=number): rule
            for file in files
            for group_number, group in enumerate(_groups(file))
            for number, rule in enumerate(group.get("rules") or ())
        },
    )


def _problems(file: Document) -> Iterator[Problem]:
    try:
        if file.data is not None:  # an empty file has no rules
            file.parse(_RuleFile)
    except RulesError as error:
        yield from error.problems


def _groups(file: Document) -> list[Mapping[str, Any]]:
    return (file.data or {}).get("groups") or []


def _selects(selector: expressions.Selector, rule: Rule) -> bool:
    """Say whether a selector may select what a rule makes; a selector without a name may select anything."""
    if selector.name and selector.name not in _ALERT_SERIES:
        return bool(rule.get("record") == selector.name)
    made = {**(rule.get("labels") or {}), **({"alertname": rule["alert"]} if "alert" in rule else {})}
    equal = ((m.name, m.value) for m in selector.matchers if str(m.op) == "MatchOp.Equal")
    fits = all("{{" in made[name] or made[name] == value for name, value in equal if name in made)
    return fits and ("alert" in rule or not selector.name)

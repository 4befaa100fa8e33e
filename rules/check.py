"""Judges whole spec files: format, expressions against the metric contract, what every alert must carry, and promtool.

``commands.check`` calls ``problems``. Judgements on a single expression are in ``lint.py``; nothing here is written.
"""

import re
from collections.abc import Iterable, Iterator, Mapping, Sequence

from firebrigade.rules import expressions, lint
from firebrigade.rules.build import Compiled
from firebrigade.rules.contract import Contract, Series
from firebrigade.rules.document import KeyPath
from firebrigade.rules.library import Surroundings
from firebrigade.rules.problems import Problem
from firebrigade.rules.promtool import Promtool
from firebrigade.rules.rulefile import Rule

SEVERITIES = ("critical", "warning", "info", "none")
REQUIRED_ANNOTATIONS = ("summary", "description", "runbook_url", "dashboard_url")

_TEMPLATE_LABEL = re.compile(r"\$labels\.([A-Za-z_][A-Za-z0-9_]*)")
_Told = Iterator[tuple[KeyPath, str]]


def problems(compiled: Sequence[Compiled], contract: Contract, surroundings: Surroundings) -> list[Problem]:
    """Return every problem of the compiled specs, each at the line that it comes from."""
    known = contract.with_series(_recorded(compiled, contract))
    found: dict[Problem, None] = {}
    for part in compiled:
        for group in part.file.groups:
            for rule in group.rules:
                told = _judged(rule, known, surroundings)
                found.update({part.source.problem((*rule.origin, *key), message): None for key, message in told})
    return list(found)


def by_promtool(compiled: Sequence[Compiled], promtool: Promtool) -> list[Problem]:
    """Return what promtool's own check and its linter say about the built files.

    Raises:
        RulesError: promtool is missing or does not answer.
    """
    said = promtool.check_rules({part.file.name: part.file.text for part in compiled})
    return [
        part.source.problem((), f"promtool refuses what is built from it: {' '.join(said[part.file.name].split())}")
        for part in compiled
        if part.file.name in said
    ]


def _recorded(compiled: Sequence[Compiled], contract: Contract) -> Iterable[Series]:
    """Return what the rules record, with the labels that their expressions leave."""
    found: dict[str, Series] = {}
    rules = (rule for part in compiled for group in part.file.groups for rule in group.rules if rule.record)
    for rule in rules:
        known = contract.with_series(found.values())
        labels = _output(rule, known) | set(rule.labels)
        before = found[rule.record].labels if rule.record in found else frozenset[str]()
        found[rule.record] = Series(name=rule.record, kind="recorded", labels=labels | before)
    return found.values()


def _output(rule: Rule, contract: Contract) -> frozenset[str]:
    try:
        return expressions.output_labels(expressions.parse(rule.expr), contract.labels_of) or frozenset()
    except ValueError:
        return frozenset()


def _judged(rule: Rule, contract: Contract, surroundings: Surroundings) -> _Told:
    try:
        expr = expressions.parse(rule.expr)
    except ValueError as error:
        yield ("expr",), f"is not valid PromQL: {error}"
        return
    for sentence in lint.sentences(expr, contract):
        yield ("expr",), sentence
    if rule.alert:
        outside = expressions.output_labels(expr, contract.labels_of)
        labels = None if outside is None else outside | set(rule.labels)
        yield from _label_problems(rule, labels)
        yield from _annotation_problems(rule, labels)
        yield from _runbook_problems(rule, surroundings)
        yield from _condition_problems(rule, expr)


def _label_problems(rule: Rule, labels: frozenset[str] | None) -> _Told:
    if rule.labels.get("severity") not in SEVERITIES:
        yield ("labels", "severity"), f"must be one of {', '.join(SEVERITIES)}"
    if not rule.labels.get("team"):
        yield ("labels", "team"), "is missing; name the team that is asked, here or at the top of the file"
    if labels is not None and "service" not in labels:
        yield ("labels", "service"), "is missing, and the expression keeps none; add service to its by (...)"
    for name, value in rule.labels.items():
        if "$value" in value:
            yield (
                ("labels", name),
                "changes with every value, so each one would be a new alert; put it into description",
            )


def _annotation_problems(rule: Rule, labels: frozenset[str] | None) -> _Told:
    for name in REQUIRED_ANNOTATIONS:
        if not rule.annotations.get(name):
            key = name.removesuffix("_url")
            place = (key,) if name.endswith("_url") else ("annotations", name)
            yield place, f"is missing; add {key}"
    for name, text in rule.annotations.items():
        lost = sorted(set(_TEMPLATE_LABEL.findall(text)) - labels) if labels is not None else []
        for label in lost:
            yield ("annotations", name), f"uses $labels.{label}, which the expression does not keep"


def _runbook_problems(rule: Rule, surroundings: Surroundings) -> _Told:
    before, _, after = surroundings.links.runbook_url.partition("{name}")
    url = rule.annotations.get("runbook_url", "")
    name = url.removeprefix(before).removesuffix(after) if url.startswith(before) else ""
    if name and surroundings.runbooks is not None and name not in surroundings.runbooks:
        yield ("runbook",), f"there is no runbook {name}; there is {', '.join(sorted(surroundings.runbooks))}"


def _condition_problems(rule: Rule, expr: expressions.Node) -> _Told:
    found = list(expressions.nodes(expr))
    asks = any(expressions.is_comparison(node) or expressions.is_absence(node) for node in found)
    if not asks and rule.labels.get("severity") != "none":
        yield ("expr",), "compares with nothing, so it fires as long as the series is there; add the limit"


def stale(compiled: Sequence[Compiled], files: Mapping[str, str]) -> list[Problem]:
    """Return a problem for each rule file that is not what its spec says; ``files`` are the present ones' texts."""
    return [
        part.source.problem((), f"the rule file {part.file.name} is not up to date; run firebrigade rules build")
        for part in compiled
        if files.get(part.file.name) != part.file.text
    ]

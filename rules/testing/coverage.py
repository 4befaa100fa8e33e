"""Which moments of an alert's life the cases show, and which alert has too few.

``commands.py`` and the tests call ``problems``. It looks at what cases assert, and runs nothing: whether a case would
notice a wrong threshold is for mutation to say.
"""

import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import Any

from firebrigade.rules.document import Document
from firebrigade.rules.durations import Duration
from firebrigade.rules.problems import Problem
from firebrigade.rules.promql import expressions
from firebrigade.rules.testing.cases import Case, ExpectedAlert, Loaded

RuleYaml = Mapping[str, Any]

_TEMPLATE = re.compile(r"\{\{.*?\}\}")
_MISSING = {
    "fires": "in which it fires, with all its labels and annotations",
    "pending": "that looks at it before `for` has passed and finds it quiet",
    "quiet": "in which its series are there and it never fires; take values just under the threshold",
    "resolves": "in which it has fired and is quiet again later",
}


def problems(loaded: Sequence[Loaded]) -> tuple[Problem, ...]:
    """Return a problem for each moment that no case shows, over all alerts of the files' rules."""
    cases = [case for one in loaded for case in one.cases]
    seen: dict[str, tuple[RuleYaml, str]] = {}
    for one in loaded:
        for rule in one.rules.by_place.values():
            if "alert" in rule:
                seen.setdefault(repr(rule), (rule, str(one.source.path)))
    return tuple(p for rule, file in seen.values() for p in _missing(rule, file, cases))


def untested(loaded: Sequence[Loaded], rule_files: Iterable[Document]) -> tuple[Problem, ...]:
    """Return a problem for each alert of the rule files that no test file's rules have."""
    tested = {repr(rule) for one in loaded for rule in one.rules.by_place.values()}
    return tuple(
        rule_file.problem(("groups", group, "rules", number), f"{_name(rule)} is in no test file; write its cases")
        for rule_file in rule_files
        for group, written in enumerate(rule_file.data["groups"])
        for number, rule in enumerate(written["rules"])
        if "alert" in rule and repr(rule) not in tested
    )


def _missing(rule: RuleYaml, file: str, cases: Sequence[Case]) -> Iterator[Problem]:
    shown = {moment for case in cases for moment in _moments(rule, case)}
    for moment in _needed(rule):
        if moment not in shown:
            message = f"{_name(rule)} has no case {_MISSING[moment]}"
            yield Problem(file=file, line=0, key="tests", message=message)


def _needed(rule: RuleYaml) -> Iterator[str]:
    yield "fires"
    if not _reads_series(str(rule["expr"])):
        return  # what reads no series, such as a heartbeat, is never quiet
    yield "quiet"
    yield "resolves"
    if str(rule.get("for", "0m")) not in {"0", "0s", "0m"}:
        yield "pending"


def _reads_series(expr: str) -> bool:
    try:
        return any(expressions.selectors(expressions.parse(expr)))
    except ValueError:  # a newer Prometheus may know what is not known here
        return True


def _moments(rule: RuleYaml, case: Case) -> Iterator[str]:
    """Yield what a case shows about a rule."""
    looks = [a for a in case.written.alert_rule_test if a.alertname == rule["alert"]]
    states = [any(_is_of(rule, e) for e in a.exp_alerts) for a in sorted(looks, key=lambda a: _seconds(a.eval_time))]
    if not any(states):
        if states and case.written.input_series:
            yield "quiet"
        return
    yield "fires"
    if not states[0]:
        yield "pending"
    if not states[-1]:
        yield "resolves"


def _seconds(time: Duration) -> int:
    return time.seconds


def _is_of(rule: RuleYaml, expected: ExpectedAlert) -> bool:
    """Say whether an expected alert comes from a rule: several rules share a name, so labels and texts decide."""
    labels, annotations = rule.get("labels") or {}, rule.get("annotations") or {}
    return _fits(labels, expected.exp_labels) and _fits(annotations, expected.exp_annotations)


def _fits(templates: Mapping[str, str], values: Mapping[str, str]) -> bool:
    return all(name in values and _pattern(text).fullmatch(values[name]) for name, text in templates.items())


def _pattern(text: str) -> re.Pattern[str]:
    return re.compile(".*".join(re.escape(part) for part in _TEMPLATE.split(text)), re.DOTALL)


def _name(rule: RuleYaml) -> str:
    labels: Iterable[tuple[str, str]] = (rule.get("labels") or {}).items()
    told_apart = ", ".join(f"{name}={value}" for name, value in labels if name in {"service", "tier"})
    return f"{rule['alert']} ({told_apart})" if told_apart else str(rule["alert"])

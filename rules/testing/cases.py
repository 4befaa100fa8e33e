"""promtool test files, judged before promtool runs them: it says SUCCESS over much that proves nothing.

``commands.py`` and the tests call ``load`` and run each ``Case`` through ``promtool.py``; ``coverage.py`` asks whether
the cases are enough. promtool gets the rules that a case's assertions depend on, and those that no case depends on
where the caller says so (``unread``): it evaluates all it has at every step, and to one case most make no difference.
The format is promtool's, as far as 2.42 knows it
(https://prometheus.io/docs/prometheus/latest/configuration/unit_testing_rules/).
"""

import json
from collections.abc import Container, Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import yaml
from pydantic import BaseModel, ConfigDict, Field

from firebrigade.rules import document
from firebrigade.rules.document import Document
from firebrigade.rules.durations import Duration, DurationField
from firebrigade.rules.problems import Problem, RulesError
from firebrigade.rules.testing.ruleset import Place, RuleSet, rule_set

TEST_FILE = "test.yaml"


class ExpectedAlert(BaseModel):
    """One alert that must be there, with all its labels and annotations."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    exp_labels: dict[str, str] = {}
    exp_annotations: dict[str, str] = {}


class AlertAssertion(BaseModel):
    """All alerts of one name that must be firing at one time."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    eval_time: DurationField
    alertname: str
    exp_alerts: tuple[ExpectedAlert, ...] = ()


class ExpressionAssertion(BaseModel):
    """What an expression must come to at one time; promtool's own default is the beginning."""

    model_config = ConfigDict(extra="allow", frozen=True)

    expr: str | int | float
    eval_time: DurationField = Duration("0s")


class InputSeries(BaseModel):
    """One series and its samples."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    series: str
    values: str


class WrittenCase(BaseModel):
    """One entry of ``tests``. Name and interval are required: 2.42 takes a missing interval for 0."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    name: str = Field(min_length=1)
    interval: DurationField
    input_series: tuple[InputSeries, ...] = ()
    alert_rule_test: tuple[AlertAssertion, ...] = ()
    promql_expr_test: tuple[ExpressionAssertion, ...] = ()
    external_labels: dict[str, str] = {}
    external_url: str = ""


class CaseFile(BaseModel):
    """A file. The order of groups is required: without it promtool evaluates them in a random one."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    rule_files: tuple[str, ...] = Field(min_length=1)
    evaluation_interval: DurationField
    group_eval_order: tuple[str, ...] = Field(min_length=1)
    tests: tuple[WrittenCase, ...] = Field(min_length=1)


@dataclass(frozen=True, slots=True, kw_only=True)
class CaseResult:
    """What became of one case; ``output`` is promtool's, without the names of temporary files."""

    file: str
    line: int
    name: str
    passed: bool
    output: str

    @property
    def ran(self) -> bool:
        """Whether promtool came to a judgement, and was not ended by something else."""
        return self.passed or "FAILED:" in self.output


@dataclass(frozen=True, slots=True, kw_only=True)
class Case:
    """One case on its own.

    Attributes:
        content: its test file as data without ``rule_files``, with this case only, or with what was made of it.
        rules: those of its rule files, or others in their place.
        unread: rules that it gets although no case of any file depends on them: one that can't be evaluated fails it.
    """

    file: str
    line: int
    name: str
    written: WrittenCase
    content: Mapping[str, Any]
    rules: RuleSet
    unread: frozenset[Place] = frozenset()

    @property
    def looks(self) -> tuple[Mapping[str, Any], ...]:
        """All that it asserts."""
        kinds = ("alert_rule_test", "promql_expr_test")
        return tuple(look for test in self.content["tests"] for kind in kinds for look in test.get(kind) or ())

    @property
    def needed(self) -> frozenset[Place]:
        """The rules that its assertions depend on."""
        return self.rules.needed(self.looks)

    @property
    def evaluated(self) -> frozenset[Place]:
        """The rules that promtool gets."""
        return self.needed | self.unread

    @property
    def rule_texts(self) -> tuple[str, ...]:
        """The rule files that it needs, without the rules that make no difference to it."""
        return self.rules.texts(self.evaluated)

    @property
    def batch(self) -> str:
        """What cases have in common that can be written into one test file."""
        return json.dumps([{**self.content, "tests": []}, self.rule_texts], default=str)

    @property
    def cost(self) -> int:
        """How long it takes, roughly: series and rules, as often as they are evaluated."""
        step = max(1, Duration(str(self.content["evaluation_interval"])).seconds)
        last = max(Duration(str(look.get("eval_time", "0s"))).seconds for look in self.looks)
        series = sum(len(test.get("input_series") or ()) for test in self.content["tests"])
        return (1 + last // step) * (series + len(self.evaluated) * len(self.content["tests"]))

    def result(self, passed: bool, output: str) -> CaseResult:
        """Return what became of it."""
        return CaseResult(file=self.file, line=self.line, name=self.name, passed=passed, output=output)


def files(cases: Sequence[Case]) -> Mapping[str, str]:
    """Return a promtool test file with cases of one batch, and the rule files that it names, by their names."""
    rules = {f"rules-{number}.yaml": text for number, text in enumerate(cases[0].rule_texts)}
    known = cases[0].rules.group_names(cases[0].evaluated)
    whole = {
        "rule_files": list(rules),
        **cases[0].content,
        "group_eval_order": [name for name in cases[0].content["group_eval_order"] if name in known],
        "tests": [test for case in cases for test in case.content["tests"]],
    }
    return {TEST_FILE: yaml.dump(whole, Dumper=_Dumper, sort_keys=False, allow_unicode=True), **rules}


@dataclass(frozen=True, slots=True, kw_only=True)
class Loaded:
    """A test file, its cases one by one, and the rules that they are about as Prometheus reads them."""

    source: Document
    cases: tuple[Case, ...]
    rules: RuleSet


def load(path: Path) -> Loaded:
    """Read a test file.

    Raises:
        RulesError: with everything in it that promtool would refuse, or would pass over in silence.
    """
    source = document.read(path)
    file = source.parse(CaseFile)
    rule_files, problems = _rule_files(source, file)
    rules = rule_set([document.read(rule_file) for rule_file in rule_files])
    problems += _order_problems(source, file, rules.groups)
    problems += _case_problems(source, file, rules.alerts)
    if problems:
        raise RulesError(problems)
    cases = tuple(_case(source, file, number, rules) for number in range(len(file.tests)))
    return Loaded(source=source, cases=cases, rules=rules)


def _rule_files(source: Document, file: CaseFile) -> tuple[list[Path], list[Problem]]:
    found: dict[Path, None] = {}
    problems: list[Problem] = []
    for number, pattern in enumerate(file.rule_files):
        # Go negates by ^ and Python by !; both know the rest (https://pkg.go.dev/path/filepath#Match).
        if "[^" in pattern or "[!" in pattern:
            problems.append(source.problem(("rule_files", number), "excludes characters; name what it means instead"))
            continue
        matches = sorted(_matches(source.path.absolute().parent, pattern))
        found.update(dict.fromkeys(matches))
        if not matches:
            message = f"{pattern} matches no file; promtool would test nothing"
            problems.append(source.problem(("rule_files", number), message))
    return list(found), problems


def _matches(folder: Path, pattern: str) -> Iterator[Path]:
    path = folder / pattern
    return (match.resolve() for match in path.parent.glob(path.name))


def _order_problems(source: Document, file: CaseFile, groups: Sequence[str]) -> Iterator[Problem]:
    if wrong := set(groups) ^ set(file.group_eval_order):
        message = f"must name each group of the rule files once; it differs in {', '.join(sorted(wrong))}"
        yield source.problem(("group_eval_order",), message)


def _case_problems(source: Document, file: CaseFile, alerts: Container[str]) -> Iterator[Problem]:
    names = [case.name for case in file.tests]
    for number, case in enumerate(file.tests):
        at = ("tests", number)
        if names.index(case.name) != number:
            yield source.problem((*at, "name"), "is there twice; a failing case is found by its name")
        if not case.alert_rule_test and not case.promql_expr_test:
            yield source.problem(at, "asserts nothing; give it alert_rule_test or promql_expr_test")
        for index, assertion in enumerate(case.alert_rule_test):
            if assertion.alertname not in alerts:
                message = f"there is no alert {assertion.alertname}; promtool would find it quiet for ever"
                yield source.problem((*at, "alert_rule_test", index, "alertname"), message)


def _case(source: Document, file: CaseFile, number: int, rules: RuleSet) -> Case:
    shared = {key: value for key, value in source.data.items() if key != "rule_files"}
    return Case(
        file=str(source.path),
        line=source.line(("tests", number)),
        name=file.tests[number].name,
        written=file.tests[number],
        content={**shared, "tests": [source.data["tests"][number]]},
        rules=rules,
    )


class _Dumper(yaml.SafeDumper):
    """Writes everything out: not every promtool follows anchors."""

    def ignore_aliases(self, data: Any) -> bool:  # noqa: ARG002 (yaml calls it)
        return True

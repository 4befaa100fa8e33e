"""promtool test files, judged before promtool runs them: it says SUCCESS over much that proves nothing.

``commands.py`` and the tests call ``load`` and run each ``Case`` through ``promtool.py``; ``coverage.py`` asks whether
the cases are enough. The format is promtool's, as far as 2.42 knows it
(https://prometheus.io/docs/prometheus/latest/configuration/unit_testing_rules/).
"""

import json
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import yaml
from pydantic import BaseModel, ConfigDict, Field

from firebrigade.rules import document
from firebrigade.rules.document import Document
from firebrigade.rules.durations import DurationField
from firebrigade.rules.problems import Problem, RulesError


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
    promql_expr_test: tuple[dict[str, Any], ...] = ()
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
        rule_files: the absolute paths of the rule files, which may be others than the test file names.
    """

    file: str
    line: int
    name: str
    written: WrittenCase
    content: Mapping[str, Any]
    rule_files: tuple[Path, ...]

    @property
    def text(self) -> str:
        """A complete promtool test file with this case only, which can lie anywhere."""
        return text_of([self])

    @property
    def batch(self) -> str:
        """What cases have in common that can be written into one test file."""
        return json.dumps([{**self.content, "tests": []}, *map(str, self.rule_files)], default=str)

    def result(self, passed: bool, output: str) -> CaseResult:
        """Return what became of it."""
        return CaseResult(file=self.file, line=self.line, name=self.name, passed=passed, output=output)


def text_of(cases: Sequence[Case]) -> str:
    """Return a complete promtool test file with cases of one batch, which can lie anywhere."""
    tests = [test for case in cases for test in case.content["tests"]]
    whole = {"rule_files": [str(path) for path in cases[0].rule_files], **cases[0].content, "tests": tests}
    return yaml.dump(whole, Dumper=_Dumper, sort_keys=False, allow_unicode=True)


@dataclass(frozen=True, slots=True, kw_only=True)
class Loaded:
    """A test file, its cases one by one, and the rules that they are about as Prometheus reads them."""

    source: Document
    cases: tuple[Case, ...]
    rules: tuple[Mapping[str, Any], ...]


def load(path: Path) -> Loaded:
    """Read a test file.

    Raises:
        RulesError: with everything in it that promtool would refuse, or would pass over in silence.
    """
    source = document.read(path)
    file = source.parse(CaseFile)
    rule_files, problems = _rule_files(source, file)
    groups = [group for rule_file in rule_files for group in _groups(rule_file)]
    rules = tuple(rule for group in groups for rule in group.get("rules", ()))
    problems += _order_problems(source, file, [str(group.get("name")) for group in groups])
    problems += _case_problems(source, file, {str(rule["alert"]) for rule in rules if "alert" in rule})
    if problems:
        raise RulesError(problems)
    cases = tuple(_case(source, file, number, rule_files) for number in range(len(file.tests)))
    return Loaded(source=source, cases=cases, rules=rules)


def _rule_files(source: Document, file: CaseFile) -> tuple[list[Path], list[Problem]]:
    found: list[Path] = []
    problems: list[Problem] = []
    for number, pattern in enumerate(file.rule_files):
        matches = sorted(_matches(source.path.absolute().parent, pattern))
        found += matches
        if not matches:
            message = f"{pattern} matches no file; promtool would test nothing"
            problems.append(source.problem(("rule_files", number), message))
    return found, problems


def _matches(folder: Path, pattern: str) -> Iterator[Path]:
    path = folder / pattern
    return (match.resolve() for match in path.parent.glob(path.name))


def _groups(rule_file: Path) -> list[Mapping[str, Any]]:
    data = document.read(rule_file).data
    return list(data.get("groups") or ()) if isinstance(data, dict) else []


def _order_problems(source: Document, file: CaseFile, groups: list[str]) -> Iterator[Problem]:
    if wrong := set(groups) ^ set(file.group_eval_order):
        message = f"must name each group of the rule files once; it differs in {', '.join(sorted(wrong))}"
        yield source.problem(("group_eval_order",), message)


def _case_problems(source: Document, file: CaseFile, alerts: set[str]) -> Iterator[Problem]:
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


def _case(source: Document, file: CaseFile, number: int, rule_files: list[Path]) -> Case:
    shared = {key: value for key, value in source.data.items() if key != "rule_files"}
    return Case(
        file=str(source.path),
        line=source.line(("tests", number)),
        name=file.tests[number].name,
        written=file.tests[number],
        content={**shared, "tests": [source.data["tests"][number]]},
        rule_files=tuple(rule_files),
    )


class _Dumper(yaml.SafeDumper):
    """Writes everything out: not every promtool follows anchors."""

    def ignore_aliases(self, data: Any) -> bool:  # noqa: ARG002 (yaml calls it)
        return True

"""promtool as an oracle: what do these rules make of these series, instead of whether a guess about it is right.

``report.py`` and the tests ask. promtool only compares, so each question comes with an answer that can't be right, and
promtool prints what it got instead. The format is that of 2.42 and 3.x alike (cmd/promtool/unittest.go).
"""

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import yaml

from firebrigade.rules import rulefile
from firebrigade.rules.rulefile import Group
from firebrigade.rules.testing.cases import TEST_FILE
from firebrigade.rules.testing.promtool import Promtool

_IMPOSSIBLE = {"labels": '{asked="nothing has this label"}', "value": 0}
# Both names and label values are quoted by Go, so a line end inside them is written as \n.
_ANSWER = re.compile(r'^ *expr: (?P<expr>".*"), time: (?P<time>\S+),\n *exp: .*\n *got: (?P<got>.*)$', re.MULTILINE)
_SAMPLE = re.compile(r'(?P<series>(?:[a-zA-Z_:][\w:]*)?\{(?:[^"{}]|"(?:[^"\\]|\\.)*")*\}) (?P<value>\S+?)(?=, |$)')

Answer = Mapping[str, float]


@dataclass(frozen=True, slots=True, kw_only=True)
class Question:
    """A query at a minute of the simulation."""

    expr: str
    minute: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Simulation:
    """Rules, and the series that they are fed.

    Attributes:
        groups: evaluated one after the other, in this order.
        series: promtool's values by series.
        sample_seconds: between two values of a series.
        evaluate_seconds: between two evaluations of the rules.
    """

    groups: Sequence[Group]
    series: Mapping[str, str]
    sample_seconds: int = 60
    evaluate_seconds: int = 60


def ask(promtool: Promtool, simulation: Simulation, questions: Sequence[Question]) -> list[Answer]:
    """Return the samples that each question's query has, by series as PromQL writes them; none where it has none.

    Raises:
        RulesError: promtool is missing, does not answer, or answers something that is no answer to these questions.
    """
    said = promtool.measure(
        {
            "rules.yaml": rulefile.render(simulation.groups, "a simulation"),
            TEST_FILE: _written(simulation, questions),
        }
    )
    answers = [_samples(match["got"]) for match in _ANSWER.finditer(said)]
    if len(answers) != len(questions):
        raise promtool.confused(said)
    return answers


def _written(simulation: Simulation, questions: Sequence[Question]) -> str:
    asked = [
        {"expr": question.expr, "eval_time": f"{question.minute}m", "exp_samples": [_IMPOSSIBLE]}
        for question in questions
    ]
    test = {
        "interval": f"{simulation.sample_seconds}s",
        "input_series": [{"series": name, "values": values} for name, values in simulation.series.items()],
        "promql_expr_test": asked,
    }
    file = {
        "rule_files": ["rules.yaml"],
        "evaluation_interval": f"{simulation.evaluate_seconds}s",
        "group_eval_order": [group.name for group in simulation.groups],
        "tests": [test],
    }
    return yaml.safe_dump(file, sort_keys=False, width=10_000)


def _samples(got: str) -> Answer:
    return {match["series"]: float(match["value"]) for match in _SAMPLE.finditer(got)}

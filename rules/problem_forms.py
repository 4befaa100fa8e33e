"""Problems as text for people, as JSON, and as GitHub's annotations. The command line prints what this returns."""

import json
from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from firebrigade.rules.problems import SEVERITIES, Problem

# https://docs.github.com/en/actions/reference/workflows-and-actions/workflow-commands#setting-an-error-message
_GITHUB = {"error": "error", "warning": "warning", "information": "notice"}


def lines(problems: Iterable[Problem]) -> list[str]:
    """Return a line for each problem: the files in their order, and in each the worst first."""
    listed = list(problems)
    files = {file: number for number, file in enumerate(dict.fromkeys(problem.file for problem in listed))}
    listed.sort(key=lambda problem: (files[problem.file], SEVERITIES.index(problem.severity), problem.line))
    return [_line(problem) for problem in listed]


def summary(problems: Sequence[Problem]) -> str:
    """Return how many problems there are of which severity: ``2 errors, 1 warning``."""
    counts = ((severity, sum(problem.severity == severity for problem in problems)) for severity in SEVERITIES)
    names = {"error": "error", "warning": "warning", "information": "note"}
    return ", ".join(f"{count} {names[severity]}{'' if count == 1 else 's'}" for severity, count in counts if count)


def to_json(problems: Iterable[Problem], **more: Any) -> str:
    """Return problems and whatever else was asked for as one JSON object; docs/reference.md explains its keys."""
    return json.dumps({"problems": [_object(problem) for problem in problems], **more}, indent=2)


def github(problem: Problem) -> str:
    """Return the workflow command that shows a problem beside its line."""
    place = {"file": problem.file, "line": str(problem.line) if problem.line else "", "title": problem.check}
    properties = ",".join(f"{name}={_property(value)}" for name, value in place.items() if value)
    message = f"{problem.key}: {problem.message}" if problem.key else problem.message
    return f"::{_GITHUB[problem.severity]} {properties}::{_data(message)}"


def _line(problem: Problem) -> str:
    place = f"{problem.file}:{problem.line}" if problem.line else problem.file
    parts = (place, problem.severity, problem.key, problem.message)
    return f"{': '.join(part for part in parts if part)} [{problem.check}]"


def _object(problem: Problem) -> Mapping[str, str | int]:
    return {
        "file": problem.file,
        "line": problem.line,
        "key": problem.key,
        "check": problem.check,
        "severity": problem.severity,
        "message": problem.message,
    }


def _data(text: str) -> str:
    return text.replace("%", "%25").replace("\r", "%0D").replace("\n", "%0A")


def _property(text: str) -> str:
    return _data(text).replace(":", "%3A").replace(",", "%2C")

"""Values that a text shows in a unit that they don't have."""

import re
from collections.abc import Iterator

from firebrigade.rules.checks.kinds import RuleCheck
from firebrigade.rules.checks.subjects import Entry
from firebrigade.rules.document import KeyPath
from firebrigade.rules.promql.units import Unit

_SHOWN = re.compile(
    r"\{\{-?\s*\$value\s*(?:\|\s*(\w+)\s*)?(?:\|[^}]*)?-?\}\}(%|\s?(?:ms|milliseconds|s|seconds|B|bytes)\b)?"
)
_AFTER = {"ms": "milliseconds", "milliseconds": "milliseconds", "s": "seconds", "seconds": "seconds"}


def _judge(entry: Entry) -> Iterator[tuple[KeyPath, str]]:
    unit = entry.facts.unit if entry.facts is not None and entry.rule.alert else None
    for name, text in entry.rule.annotations.items() if entry.rule.alert else ():
        for function, after in _SHOWN.findall(text):
            if what := _wrong(function, after.strip(), unit):
                yield ("annotations", name), what


def _wrong(function: str, after: str, unit: Unit | None) -> str:
    if function == "humanizePercentage" and after == "%":
        return "writes % twice: humanizePercentage adds one"
    if unit is None:
        return ""
    if function == "humanizeDuration" and str(unit) != "seconds":
        return f"shows {unit} by humanizeDuration, which takes seconds"
    cores = unit.of == "seconds" and unit.per_second
    if function == "humanizePercentage" and not cores and (unit.of or unit.per_second or unit.scale != 1):
        return f"shows {unit} by humanizePercentage, which takes a share of 1"
    if not function.startswith("humanizeP") and after == "%" and unit.share and unit.scale == 1:
        return "writes % after a share of 1; use humanizePercentage"
    if after in _AFTER and unit.of == "seconds" and not function.startswith("humanizeD") and str(unit) != _AFTER[after]:
        return f"writes {after} after {unit}"
    if after in {"B", "bytes"} and unit.of != "bytes":
        return f"writes {after} after {unit}"
    return ""


CHECK = RuleCheck(
    name="alert/template-unit",
    severity="error",
    explains="shows the value in a unit that it does not have, such as humanizeDuration of what is no seconds",
    judge=_judge,
)

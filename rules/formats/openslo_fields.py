"""What OpenSLO's objects are made of: names, labels, durations and metadata, and refusals of what rules can't do.

The modules with its objects use them; nothing here reads an object.
"""

import re
from collections.abc import Callable
from datetime import timedelta
from decimal import Decimal
from typing import Annotated, Any, Literal

from pydantic import AfterValidator, BeforeValidator, Field

from firebrigade.rules import durations
from firebrigade.rules.durations import Duration
from firebrigade.rules.formats.fields import Camel, EmptyMapping

_NAME = re.compile(r"[A-Za-z0-9]([-A-Za-z0-9_.]*[A-Za-z0-9])?")
# Months, quarters and years are as long as OpenSLO's own library takes them to be.
_UNITS = {
    "m": timedelta(minutes=1),
    "h": timedelta(hours=1),
    "d": timedelta(days=1),
    "w": timedelta(weeks=1),
    "M": timedelta(days=30),
    "Q": timedelta(days=90),
    "Y": timedelta(days=365),
}
_SLICES = (
    "is not read: rules count events and no time slices; use Occurrences, or write the share of good time as raw, "
    "rawType success and a query like avg_over_time((errors:ratio5m < bool 0.05)[{{.window}}:5m])"
)
CALENDAR = "is not read: rules look back from now and know no calendar; remove calendar and set isRolling: true"


def _name(text: str) -> str:
    if not _NAME.fullmatch(text):
        raise ValueError("must be letters, digits, '.', '_' and '-' that begin and end with a letter or a digit")
    return text


def _joined(value: Any) -> Any:
    """Return several values of a label as one text, which is all that Prometheus has."""
    return ",".join(value) if isinstance(value, list) and all(isinstance(one, str) for one in value) else value


def _labels(labels: dict[str, str]) -> dict[str, str]:
    """Return labels by names that Prometheus takes: other characters become an underscore."""
    named = {re.sub(r"^(?=[0-9])|[^a-zA-Z0-9_]", "_", key): value for key, value in labels.items() if value}
    if made := sorted(name for name in named if name.startswith(("sloth_", "__"))):
        raise ValueError(f"{made[0]} is made from the service's and the SLO's name; remove it")
    return named


def _shorthand(value: Any) -> Duration:
    match = re.fullmatch(r"([0-9]+)([mhdwMQY])", str(value))
    if not match:
        raise ValueError(f"{value!r} is not a duration; write a number and one of m, h, d, w, M, Q and Y, as in 4w")
    return durations.of(int(match[1]) * _UNITS[match[2]])


def _positive(value: Duration) -> Duration:
    if not value.seconds:
        raise ValueError("is no time at all; write it like 1h or 4w")
    return value


def _target(value: Decimal) -> Decimal:
    if not 0 < value < 1:
        raise ValueError("must be above 0 and below 1, as 0.999 is; a percentage is written as targetPercent")
    return value


def _budgeting(value: str) -> str:
    if value in {"Timeslices", "RatioTimeslices"}:
        raise ValueError(_SLICES)
    if value != "Occurrences":
        raise ValueError("must be Occurrences")
    return value


def none_of(sentence: str) -> BeforeValidator:
    """Return a field's refusal of any value, with the sentence that says why and what to do."""

    def refuse(value: Any) -> Any:
        if value is not None:
            raise ValueError(sentence)
        return value

    return BeforeValidator(refuse)


def is_refused(*values: Any, sentence: str) -> Callable[[Any], Any]:
    """Return a check that refuses some of a field's values in a sentence."""

    def refuse(value: Any) -> Any:
        if value in values:
            raise ValueError(sentence)
        return value

    return refuse


NameField = Annotated[str, AfterValidator(_name)]
LabelsField = Annotated[dict[str, Annotated[str, BeforeValidator(_joined)]], AfterValidator(_labels), EmptyMapping]
ShorthandField = Annotated[Duration, BeforeValidator(_shorthand)]
PeriodField = Annotated[Duration, AfterValidator(_positive), BeforeValidator(_shorthand)]
TargetField = Annotated[Decimal, AfterValidator(_target)]
BudgetingField = Annotated[str, AfterValidator(_budgeting)]


class Metadata(Camel):
    """Who an object is; the ``labels`` of an SLO are on everything that is recorded for it."""

    name: NameField
    display_name: str = ""
    labels: LabelsField = Field(default_factory=dict)
    annotations: Annotated[dict[str, str], EmptyMapping] = Field(default_factory=dict)


class Object(Camel):
    """What all objects have in common; each has its own kind and spec."""

    api_version: Literal["openslo/v1"]
    metadata: Metadata

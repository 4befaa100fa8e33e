"""What fields of several formats have in common: names, labels, objectives and queries, each refused in a sentence.

The formats' models are made of them. Nothing here knows a format.
"""

import re
from decimal import Decimal
from typing import Annotated, Any

import promql_parser
from pydantic import AfterValidator, BaseModel, BeforeValidator, ConfigDict
from pydantic.alias_generators import to_camel

from firebrigade.rules.slo.objectives import PLACEHOLDER

# Sloth's own rule (https://sloth.dev/specs/default/); all of it can stand in a label's value and in a group's name.
_NAME = re.compile(r"[A-Za-z0-9][-A-Za-z0-9_.]*[A-Za-z0-9]")
_LABEL = re.compile(r"[a-zA-Z_][a-zA-Z0-9_]*")
_RESERVED = ("sloth_id", "sloth_service", "sloth_slo", "sloth_window")


class Strict(BaseModel):
    """A part of a format: a key that it does not have is a mistake."""

    model_config = ConfigDict(extra="forbid", frozen=True)


class Camel(Strict):
    """A part whose keys are in camelCase by alias, as Kubernetes and OpenSLO write them."""

    model_config = ConfigDict(alias_generator=to_camel)


def _name(text: str) -> str:
    if not _NAME.fullmatch(text):
        raise ValueError(
            "must be two or more letters, digits, '.', '_' and '-' that begin and end with a letter or a digit"
        )
    return text


def _percent(value: Decimal) -> Decimal:
    if not 0 < value < 100:
        raise ValueError("must be above 0 and below 100: at 100 there is no error budget that could burn")
    return value


def _labels(labels: dict[str, str]) -> dict[str, str]:
    for name, value in labels.items():
        if not _LABEL.fullmatch(name) or name == "__name__":
            raise ValueError(f"{name} is no label's name; use letters, digits and _, and begin with a letter")
        if not value:
            raise ValueError(f"{name} is empty; give it a value or remove it")
    return labels


def _series_labels(labels: dict[str, str]) -> dict[str, str]:
    for name in _RESERVED:
        if name in labels:
            raise ValueError(f"{name} is made from the service's and the SLO's name; remove it")
    return labels


def _query(text: str) -> str:
    if not PLACEHOLDER.search(text):
        raise ValueError("must hold {{.window}} where the range stands, as in rate(requests_total[{{.window}}])")
    return promql(text)


def promql(text: str) -> str:
    """Return a query without the space around it.

    Raises:
        ValueError: it is not PromQL; the message says why.
    """
    try:
        promql_parser.parse(PLACEHOLDER.sub("5m", text))
    except ValueError as error:
        raise ValueError(f"is not valid PromQL: {' '.join(str(error).split())}") from None
    text = text.strip()
    # A comment in the last line must not swallow what rules put behind the query.
    return f"{text}\n" if "#" in text.splitlines()[-1] else text


def _mapping(value: Any) -> Any:
    return {} if value is None else value


def _sequence(value: Any) -> Any:
    return () if value is None else value


# Written without a value, a list or a mapping is an empty one to Go, and so it is here.
EmptyMapping = BeforeValidator(_mapping)
EmptySequence = BeforeValidator(_sequence)

NameField = Annotated[str, AfterValidator(_name)]
PercentField = Annotated[Decimal, AfterValidator(_percent)]
QueryField = Annotated[str, AfterValidator(_query)]
LabelsField = Annotated[dict[str, str], AfterValidator(_labels), EmptyMapping]
SeriesLabelsField = Annotated[dict[str, str], AfterValidator(_series_labels), AfterValidator(_labels), EmptyMapping]

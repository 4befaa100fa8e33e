"""What may stand in a runbook's front matter, and where each key stands in its file. The loader uses both.

The models are strict: an unknown key or a value of another type is an error, so that a typo never switches a safety
limit off. Parameters of actions and queries are checked by the loader, which knows the actions.
"""

import re
from collections.abc import Mapping
from datetime import timedelta
from typing import Annotated, Literal, Self

import yaml
from pydantic import (
    AfterValidator,
    BaseModel,
    BeforeValidator,
    ConfigDict,
    Discriminator,
    Field,
    StringConstraints,
    Tag,
    model_validator,
)

from firebrigade.runbooks.conditions import parse_matcher
from firebrigade.runbooks.contract import Json
from firebrigade.runbooks.durations import Duration, format_duration
from firebrigade.runbooks.look_back import check_comparable, looks_back, recorded
from firebrigade.runbooks.promql import check_query
from firebrigade.runbooks.targets import is_name, is_namespace

Path = tuple[str | int, ...]
Text = Annotated[str, StringConstraints(strip_whitespace=True, min_length=1, max_length=200)]
SCRAPED_EVERY = timedelta(minutes=1)  # Prometheus' default: until then a plain series is that of before the change
SEEN_FOR = timedelta(seconds=30)  # how long a rise is looked at before it is believed, and the looks between
LabelName = Annotated[str, StringConstraints(pattern=r"^[a-zA-Z_][a-zA-Z0-9_]*$")]


class _Strict(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True, strict=True)


def _name(text: str) -> str:
    if not is_name(text):
        raise ValueError("is not a valid name: lower case letters, digits, - and .")
    return text


def _namespace(text: str) -> str:
    if not is_namespace(text):
        raise ValueError("is not a valid namespace: lower case letters, digits and -")
    return text


def _query(text: str) -> str:
    if text and (problem := check_query(text)):
        raise ValueError(problem)
    return text


def _comparable(text: str) -> str:
    if problem := check_comparable(text):
        raise ValueError(problem)
    return text


def _matcher(text: str) -> str:
    parse_matcher(text)
    return text


def _one_as_list(value: object) -> object:
    return [value] if isinstance(value, Mapping) else value


def _as_list(value: object) -> object:
    return [value] if isinstance(value, str) else value


def _form(value: object) -> str:
    return "<label>" if isinstance(value, Mapping | LabelValue) else "<literal>"


class LabelValue(_Strict):
    """The value of an alert's label, or of the first of several that the alert carries."""

    label: Annotated[list[LabelName], BeforeValidator(_as_list), Field(min_length=1)]


FromLabel = Annotated[LabelValue, Tag("<label>")]
Name = Annotated[
    Annotated[str, AfterValidator(_name), Tag("<literal>")] | FromLabel,
    Discriminator(_form),
]
Namespace = Annotated[
    Annotated[str, AfterValidator(_namespace), Tag("<literal>")] | FromLabel,
    Discriminator(_form),
]


class TargetSpec(_Strict):
    """How to find the target from an alert; a literal or a label each.

    Attributes:
        kind: only where the label that gives the name does not say it.
    """

    name: Name
    namespace: Namespace | None = None
    kind: Literal["pod", "deployment", "statefulset", "daemonset", "node", "agent"] | None = None


class WorseSpec(_Strict):
    """A value in Prometheus that the step must not make rise.

    Attributes:
        rises_by: by how much more than before, in the query's unit.
        looks_back: how far the query looks into the past; None: as its ranges and offsets say, and at least a minute.
    """

    query: Annotated[str, StringConstraints(strip_whitespace=True, min_length=1), AfterValidator(_comparable)]
    rises_by: Annotated[float, Field(gt=0, allow_inf_nan=False)]
    looks_back: Duration | None = None

    @property
    def all_after(self) -> timedelta:
        """How long after the change the query looks at nothing from before it."""
        return self.looks_back if self.looks_back is not None else max(looks_back(self.query), SCRAPED_EVERY)

    @model_validator(mode="after")
    def _far_enough(self) -> Self:
        name, ranges = recorded(self.query), looks_back(self.query)
        if name and self.looks_back is None:
            raise ValueError(f"needs looks_back: how far the rule that records {name} looks into the past")
        if self.looks_back is not None and self.looks_back < ranges:
            raise ValueError(f"looks_back must be at least {format_duration(ranges)}, as the query's ranges say")
        return self


class VerifySpec(_Strict):
    """How to tell that a step helped.

    Attributes:
        within: how long it may take to become healthy.
        healthy_for: how long it must then stay so without a break; nothing: one healthy look is enough.
        worse: what takes the step back at once; None: only ready pods are compared with those of before.
    """

    within: Duration = timedelta(minutes=3)
    healthy_for: Duration = timedelta()
    query: Annotated[str, StringConstraints(strip_whitespace=True), AfterValidator(_query)] = ""
    worse: WorseSpec | None = None

    @model_validator(mode="after")
    def _some_time(self) -> Self:
        if not timedelta() < self.within <= timedelta(hours=1):
            raise ValueError("within must be more than nothing and at most 1h: people wait for it")
        if self.healthy_for > timedelta(hours=1):
            raise ValueError("healthy_for must be at most 1h: people wait for it")
        if self.worse is not None and self.healthy_for < 2 * self.worse.all_after + SEEN_FOR:
            least = format_duration(2 * self.worse.all_after + SEEN_FOR)
            raise ValueError(f"healthy_for must be at least {least} with worse: no rise is believed before")
        return self


class ResultSpec(_Strict):
    """What an earlier step that reads must have come to: one of some words."""

    name: Text
    result: Annotated[list[Text], BeforeValidator(_as_list), Field(min_length=1)]


class WhenSpec(_Strict):
    """Conditions that must all hold for a step to be taken."""

    labels: list[Annotated[str, AfterValidator(_matcher)]] = Field(default_factory=list)
    step: Annotated[list[ResultSpec], BeforeValidator(_one_as_list)] = Field(default_factory=list)

    @model_validator(mode="after")
    def _some(self) -> Self:
        if not self.labels and not self.step:
            raise ValueError("has no condition: give labels or step, or leave it out")
        return self


class StepSpec(_Strict):
    """One step.

    Attributes:
        target: None for an action that has none; the loader knows which do.
    """

    name: Text
    action: Text
    when: WhenSpec | None = None
    target: TargetSpec | None = None
    params: dict[str, Json] = Field(default_factory=dict)
    verify: VerifySpec = Field(default_factory=VerifySpec)
    undo: bool = False

    @model_validator(mode="after")
    def _taken_back(self) -> Self:
        if self.verify.worse is not None and not self.undo:
            raise ValueError("undo must be true with verify.worse: what makes things worse is taken back")
        return self


class FrontMatter(_Strict):
    """The front matter of one file.

    Attributes:
        labels: what the alerts carry beside the usual labels, for the placeholders of the commands in the text.
        steps: ``[]`` where no action helps and the runbook is for people; written out, so that it is not forgotten.
    """

    title: Text
    alerts: Annotated[list[LabelName], Field(min_length=1)]
    labels: list[LabelName] = Field(default_factory=list)
    steps: list[StepSpec]


def split(text: str) -> tuple[str, str] | None:
    """Return the front matter and the text after it, or None if the file does not begin with ``---`` and close it."""
    found = re.match(r"---[ \t]*\r?\n(.*?)^---[ \t]*(?:\r?\n|\Z)(.*)", text, re.DOTALL | re.MULTILINE)
    return (found[1], found[2]) if found else None


def positions(front_matter: str) -> tuple[Mapping[Path, int], list[tuple[int, str]]]:
    """Return the line of each key in the file, and the keys that stand twice with their lines.

    Raises:
        yaml.YAMLError: it is not YAML.
    """
    lines: dict[Path, int] = {}
    twice: list[tuple[int, str]] = []
    _walk(yaml.compose(front_matter, Loader=yaml.SafeLoader), (), lines, twice)
    return lines, twice


def _walk(node: yaml.Node | None, path: Path, lines: dict[Path, int], twice: list[tuple[int, str]]) -> None:
    if isinstance(node, yaml.SequenceNode):
        for index, item in enumerate(node.value):
            lines[(*path, index)] = _line(item)
            _walk(item, (*path, index), lines, twice)
    if isinstance(node, yaml.MappingNode):
        for key, value in node.value:
            inner = (*path, str(key.value))
            if inner in lines:
                twice.append((_line(key), shown(inner)))
            lines[inner] = _line(key)
            _walk(value, inner, lines, twice)


def shown(path: Path) -> str:
    """Return a key's path as people write it: ``steps[0].verify.query``."""
    text = "".join(f"[{part}]" if isinstance(part, int) else f".{part}" for part in path)
    return text.removeprefix(".")


def _line(node: yaml.Node) -> int:
    # Marks count from 0, and the line of the opening --- is not part of what was parsed.
    return int(node.start_mark.line) + 2

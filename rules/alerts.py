"""Hand-written alerts: Prometheus' rule format with a few keys that code turns into what every alert must carry.

``build.py`` calls ``groups``. A plain Prometheus rule file is a valid alert file too. Nothing here judges expressions:
that is ``check.py``.
"""

import re
from collections.abc import Iterator, Mapping
from typing import Literal, Self

from pydantic import BaseModel, ConfigDict, Field, model_validator

from firebrigade.rules import library
from firebrigade.rules.document import Document
from firebrigade.rules.durations import DurationField
from firebrigade.rules.library import Service, Surroundings
from firebrigade.rules.rulefile import Group, Rule

_PLACEHOLDER = re.compile(r"\$\{(service|namespace|deployment|target|matchers)\}")


class AlertRule(BaseModel):
    """One rule as written.

    Attributes:
        runbook, dashboard: a name, or an address; they become the annotations ``runbook_url`` and ``dashboard_url``.
        for_each: make the rule once per service of services.yaml, with ``${service}``, ``${namespace}``,
            ``${deployment}``, ``${target}`` and ``${matchers}`` filled in; a label that becomes empty is left out.
    """

    model_config = ConfigDict(extra="forbid", frozen=True)

    alert: str = Field(default="", pattern=r"^([A-Z][A-Za-z0-9]*)?$")
    record: str = ""
    expr: str
    hold: DurationField | None = Field(default=None, alias="for")
    keep_firing_for: DurationField | None = None
    labels: dict[str, str] = {}
    annotations: dict[str, str] = {}
    runbook: str = ""
    dashboard: str = ""
    for_each: Literal["services"] | None = None

    @model_validator(mode="after")
    def _one_kind(self) -> Self:
        if bool(self.alert) == bool(self.record):
            raise ValueError("needs either alert or record; give it exactly one of them")
        return self


class AlertGroup(BaseModel):
    """A group as written."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    name: str = Field(min_length=1)
    interval: DurationField | None = None
    rules: tuple[AlertRule, ...] = Field(min_length=1)


class AlertFile(BaseModel):
    """A file as written; ``team`` and ``dashboard`` stand for every alert that does not say its own."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    team: str = ""
    dashboard: str = ""
    groups: tuple[AlertGroup, ...] = Field(min_length=1)


def groups(source: Document, surroundings: Surroundings) -> tuple[Group, ...]:
    """Return the rule groups of one alert file.

    Raises:
        RulesError: with everything in the file that does not fit the format.
    """
    file = source.parse(AlertFile)
    return tuple(
        Group(
            name=group.name,
            interval=str(group.interval or ""),
            rules=tuple(_rules(file, group, (*source.root, "groups", number), surroundings)),
        )
        for number, group in enumerate(file.groups)
    )


def _rules(file: AlertFile, group: AlertGroup, at: tuple[str | int, ...], surroundings: Surroundings) -> Iterator[Rule]:
    for number, written in enumerate(group.rules):
        rule = _rule(file, written, (*at, "rules", number), surroundings)
        if written.for_each is None:
            yield rule
        else:
            yield from (_for_service(rule, service) for service in surroundings.services)


def _rule(file: AlertFile, written: AlertRule, origin: tuple[str | int, ...], surroundings: Surroundings) -> Rule:
    expr = written.expr.strip()
    if written.record:
        return Rule(record=written.record, expr=expr, labels=written.labels, origin=origin)
    return Rule(
        alert=written.alert,
        expr=expr,
        hold=str(written.hold or "0m"),
        keep_firing_for=str(written.keep_firing_for or ""),
        labels=_labels(file, written),
        annotations=_annotations(file, written, surroundings),
        origin=origin,
    )


def _labels(file: AlertFile, written: AlertRule) -> Mapping[str, str]:
    labels = {"severity": "", "service": "", "team": file.team, **written.labels}
    return {name: value for name, value in labels.items() if value}


def _annotations(file: AlertFile, written: AlertRule, surroundings: Surroundings) -> Mapping[str, str]:
    links = library.annotations(surroundings.links, written.runbook, written.dashboard or file.dashboard)
    known = {"runbook_url": written.runbook, "dashboard_url": written.dashboard or file.dashboard}
    return {**written.annotations, **{key: url for key, url in links.items() if known[key]}}


def _for_service(rule: Rule, service: Service) -> Rule:
    values = {**service.model_dump(), "target": service.target, "matchers": service.matchers()}

    def fill(text: str) -> str:
        return _PLACEHOLDER.sub(lambda match: values[match[1]], text)

    return Rule(
        record=fill(rule.record),
        alert=rule.alert,
        expr=fill(rule.expr),
        hold=rule.hold,
        keep_firing_for=rule.keep_firing_for,
        labels={key: filled for key, value in rule.labels.items() if (filled := fill(value))},
        annotations={key: fill(value) for key, value in rule.annotations.items()},
        origin=rule.origin,
    )

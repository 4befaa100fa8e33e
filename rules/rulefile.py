"""Prometheus' own rule file: the records that all specs become, and their text, byte for byte the same every time.

``alerts.py`` and ``burnrate.py`` make groups, ``build.py`` writes them. This module knows neither specs nor SLOs.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from firebrigade.rules import yamltext
from firebrigade.rules.document import KeyPath


@dataclass(frozen=True, slots=True, kw_only=True)
class Rule:
    """One recording or alerting rule; exactly one of ``record`` and ``alert`` is set.

    Attributes:
        hold: how long the condition must hold, as Prometheus' ``for``; alerts only.
        keep_firing_for: how long to fire on after the condition ended; alerts only, empty for not at all.
        origin: the key in the spec that it comes from.
    """

    expr: str
    record: str = ""
    alert: str = ""
    hold: str = ""
    keep_firing_for: str = ""
    labels: Mapping[str, str] = field(default_factory=dict)
    annotations: Mapping[str, str] = field(default_factory=dict)
    origin: KeyPath = ()

    @property
    def name(self) -> str:
        """The alert's or the recorded series' name."""
        return self.alert or self.record

    def to_yaml(self) -> dict[str, Any]:
        """Return what Prometheus reads, without empty keys."""
        keys = {
            "record": self.record,
            "alert": self.alert,
            "expr": self.expr,
            "for": self.hold,
            "keep_firing_for": self.keep_firing_for,
            "labels": dict(self.labels),
            "annotations": dict(self.annotations),
        }
        return {key: value for key, value in keys.items() if value}


@dataclass(frozen=True, slots=True, kw_only=True)
class Group:
    """Rules that Prometheus evaluates one after the other; ``interval`` empty means the server's own."""

    name: str
    rules: tuple[Rule, ...]
    interval: str = ""

    def to_yaml(self) -> dict[str, Any]:
        """Return what Prometheus reads."""
        interval = {"interval": self.interval} if self.interval else {}
        return {"name": self.name, **interval, "rules": [rule.to_yaml() for rule in self.rules]}


@dataclass(frozen=True, slots=True, kw_only=True)
class RuleFile:
    """One file for Prometheus; ``source`` says where it was built from."""

    name: str
    source: str
    groups: tuple[Group, ...]

    @property
    def text(self) -> str:
        """The file's content."""
        return render(self.groups, self.source)


def render(groups: Sequence[Group], source: str) -> str:
    """Return one rule file's text."""
    return dump({"groups": [group.to_yaml() for group in groups]}, source)


def dump(data: Mapping[str, Any], source: str) -> str:
    """Return a generated file's text, with a first line that says what it was built from."""
    return f"# Made by `firebrigade rules build` from {source}: edit that, not this.\n{yamltext.text(data)}"

"""Label matchers, with Alertmanager's meaning: a missing label equals the empty string, regular expressions are anchored.

Routes, maintenance windows and silences are made of them. Pure.
Source: https://prometheus.io/docs/alerting/latest/configuration/#matcher
"""

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field


@dataclass(frozen=True, slots=True)
class Matcher:
    """One condition on one label; ``operator`` is ``=``, ``!=``, ``=~`` or ``!~``.

    Raises:
        ValueError: the operator is none of the four, or the regular expression does not compile.
    """

    name: str
    operator: str
    value: str
    _pattern: re.Pattern[str] | None = field(default=None, init=False, repr=False, compare=False)

    def __post_init__(self) -> None:
        if self.operator not in {"=", "!=", "=~", "!~"}:
            raise ValueError(f"operator {self.operator!r} is none of = != =~ !~")
        if self.operator in {"=~", "!~"}:
            try:
                object.__setattr__(self, "_pattern", re.compile(self.value))
            except re.error as error:
                raise ValueError(f"{self.value!r} is not a regular expression: {error}") from error

    def matches(self, labels: Mapping[str, str]) -> bool:
        """Return whether the labels meet the condition."""
        value = labels.get(self.name, "")
        found = self._pattern.fullmatch(value) is not None if self._pattern else value == self.value
        return found is (self.operator in {"=", "=~"})


def match_all(matchers: Iterable[Matcher], labels: Mapping[str, str]) -> bool:
    """Return whether the labels meet every condition; no condition is met by everything."""
    return all(matcher.matches(labels) for matcher in matchers)

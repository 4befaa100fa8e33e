"""Label matchers with Alertmanager's meaning: a missing label equals the empty string, expressions are anchored.

Routes, maintenance windows and silences are made of them. Pure. How they are written is known by ``matcher_syntax.py``.
Regular expressions are RE2's, by RE2 itself: what Alertmanager refuses is refused here, and the time that a match takes
grows only linearly with a label's value, which whoever sends an alert may choose.
Source: https://prometheus.io/docs/alerting/latest/configuration/#matcher
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from functools import lru_cache
from typing import Any

import re2

from firebrigade.responder.matcher_syntax import CLASSIC_NAME, quote, split_matchers

_OPERATORS = ("=", "!=", "=~", "!~")


@dataclass(frozen=True, slots=True)
class Matcher:
    """One condition on one label; ``operator`` is ``=``, ``!=``, ``=~`` or ``!~``. ``str()`` is parsed back.

    Raises:
        ValueError: the name is empty, the operator is none of the four, or RE2 does not accept the expression.
    """

    name: str
    operator: str
    value: str

    def __post_init__(self) -> None:
        if not self.name:
            raise ValueError("a matcher needs a label name before its operator")
        if self.operator not in _OPERATORS:
            raise ValueError(f"operator {self.operator!r} is none of {' '.join(_OPERATORS)}")
        if not (_is_unicode(self.name) and _is_unicode(self.value)):
            raise ValueError(f"the matcher on label {self.name!r} is not valid Unicode text")
        if self.is_regex:
            _compiled(self.value)

    def __str__(self) -> str:
        name = self.name if CLASSIC_NAME.fullmatch(self.name) else quote(self.name)
        return f"{name}{self.operator}{quote(self.value)}"

    @property
    def is_regex(self) -> bool:
        """Whether the value is a regular expression."""
        return self.operator.endswith("~")

    @property
    def is_equal(self) -> bool:
        """Whether the label must match (``=``, ``=~``), not differ."""
        return self.operator.startswith("=")

    def matches(self, labels: Mapping[str, str]) -> bool:
        """Return whether the labels meet the condition."""
        value = labels.get(self.name, "")
        return (
            _fullmatch(self.value, value) is self.is_equal if self.is_regex else (value == self.value) is self.is_equal
        )


def match_all(matchers: Iterable[Matcher], labels: Mapping[str, str]) -> bool:
    """Return whether the labels meet every condition; no condition is met by everything."""
    return all(matcher.matches(labels) for matcher in matchers)


def parse_matcher(text: str) -> Matcher:
    """Read one matcher, such as ``severity="critical"``, ``pod=~"api-.*"`` or ``"größe"!="x"``.

    Raises:
        ValueError: one sentence on what is wrong with it.
    """
    matchers = parse_matchers(text)
    if len(matchers) != 1:
        raise ValueError(f"{text!r} holds {len(matchers)} matchers where one is expected")
    return matchers[0]


def parse_matchers(text: str) -> tuple[Matcher, ...]:
    """Read a comma-separated list of matchers, with or without braces; an empty text or ``{}`` is the empty tuple.

    Raises:
        ValueError: one sentence on the first matcher that is wrong.
    """
    return tuple(Matcher(*parts) for parts in split_matchers(text))


def format_matchers(matchers: Iterable[Matcher]) -> str:
    """Write a list that ``parse_matchers`` reads back, such as ``{severity="critical",team!="web"}``."""
    return "{" + ",".join(map(str, matchers)) + "}"


def _fullmatch(expression: str, value: str) -> bool:
    # JSON can bring lone surrogates, which have no UTF-8; Alertmanager's decoder makes U+FFFD of them, and so do we.
    text = value if _is_unicode(value) else value.encode("utf-16", "surrogatepass").decode("utf-16", "replace")
    return _compiled(expression).fullmatch(text) is not None


@lru_cache(maxsize=4096)
def _compiled(expression: str) -> Any:
    options = re2.Options()
    options.log_errors = False  # to standard error, before the exception that says the same
    try:
        return re2.compile(expression, options)
    except re2.error as error:
        reason = error.args[0].decode("utf-8", "replace")
        raise ValueError(f"{expression!r} is not a regular expression of RE2's syntax: {reason}") from None


def _is_unicode(text: str) -> bool:
    try:
        text.encode()
    except UnicodeEncodeError:
        return False
    return True

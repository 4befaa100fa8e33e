"""``when``: whether a step is taken, by the alert's labels and by what earlier steps have read. Pure.

The loader checks conditions, the responder asks them when a step's turn comes. Matchers are written and meant as
Alertmanager's (https://prometheus.io/docs/alerting/latest/configuration/#matcher): a missing label equals the empty
string, expressions are anchored and RE2's, so that a hostile label costs no time. A folder that stands by itself can't
use the responder's own; of the two ways of writing them this knows the quoted one.
"""

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import lru_cache
from typing import Any

import re2

from firebrigade.runbooks.contract import Json

_MATCHER = re.compile(r'\s*([a-zA-Z_][a-zA-Z0-9_]*)\s*(=~|!~|!=|=)\s*"((?:[^"\\\n]|\\.)*)"\s*')
_ESCAPES = {"n": "\n", '"': '"', "\\": "\\"}


@dataclass(frozen=True, slots=True, kw_only=True)
class LabelMatcher:
    """One condition on one label."""

    name: str
    operator: str
    value: str

    def matches(self, labels: Mapping[str, str]) -> bool:
        """Return whether the labels meet it."""
        found = labels.get(self.name, "").encode("utf-8", "replace").decode()
        same = bool(_compiled(self.value).fullmatch(found)) if self.operator.endswith("~") else found == self.value
        return same is self.operator.startswith("=")


def parse_matcher(text: str) -> LabelMatcher:
    """Read one matcher, such as ``severity="critical"`` or ``pod=~"api-.*"``.

    Raises:
        ValueError: one sentence on what is wrong with it.
    """
    found = _MATCHER.fullmatch(text)
    if found is None:
        raise ValueError('is not a matcher: write name="value" with one of = != =~ !~')
    value = re.sub(r"\\(.)", lambda escape: _ESCAPES.get(escape[1], escape[0]), found[3])
    if found[2].endswith("~"):
        _compiled(value)
    return LabelMatcher(name=found[1], operator=found[2], value=value)


def unmet(when: Mapping[str, Json], labels: Mapping[str, str], results: Mapping[str, str]) -> str:
    """Return why a step is not taken, or nothing if all of its conditions hold.

    Args:
        when: a step's, as the loader has checked it: ``labels`` and ``step``.
        labels: the alert's; untrusted.
        results: what the earlier steps of this run have read, by their names.
    """
    for text in when.get("labels") or ():
        matcher = parse_matcher(text)
        if not matcher.matches(labels):
            return f"{text} does not hold, {matcher.name} is {_shown(labels.get(matcher.name, ''))}"
    for one in when.get("step") or ():
        found = results.get(one["name"], "")
        if found not in one["result"]:
            return f"{one['name']} came to {found or 'nothing'}, not to {_either(one['result'])}"
    return ""


def _either(words: Sequence[str]) -> str:
    return " or ".join(words)


def _shown(value: str) -> str:
    """Return hostile text fit for one line."""
    return ascii(value if len(value) <= 80 else value[:80] + "…")


@lru_cache(maxsize=1024)
def _compiled(expression: str) -> Any:
    options = re2.Options()
    options.log_errors = False  # to standard error, before the exception that says the same
    try:
        return re2.compile(expression, options)
    except re2.error as error:
        reason = error.args[0].decode("utf-8", "replace")
        raise ValueError(f"is not a regular expression of RE2's syntax: {reason}") from None

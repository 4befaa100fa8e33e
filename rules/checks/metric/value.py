"""Matchers on values that a label never has."""

import re
from collections.abc import Collection, Iterator

import promql_parser as promql

from firebrigade.rules.checks.kinds import QueryCheck
from firebrigade.rules.checks.subjects import Query

_SHOWN = 12
_ALTERNATIVES = re.compile(r"\(?([\w./ -]+(?:\|[\w./ -]+)+)\)?")


def _judge(query: Query) -> Iterator[str]:
    for selector in query.expr.selectors:
        series = query.contract.series.get(selector.name)
        for matcher in selector.matchers if series else ():
            values = series.values.get(matcher.name) if series else None
            if values is None or matcher.value == "" or (series and series.bounds and matcher.name == "le"):
                continue
            if lost := list(_never(matcher, values)):
                yield (f"{selector.name} never has {_shown(matcher, lost)}; {matcher.name} is one of {_listed(values)}")


def _never(matcher: promql.Matcher, values: Collection[str]) -> Iterator[str]:
    """Yield what of a matcher fits no value: all of it, or one of its alternatives."""
    if matcher.op in (promql.MatchOp.Equal, promql.MatchOp.NotEqual):
        if matcher.value not in values:
            yield str(matcher.value)
        return
    listed = _ALTERNATIVES.fullmatch(matcher.value)
    for pattern in listed[1].split("|") if listed else (matcher.value,):
        if not any(_fits(pattern, value) for value in values):
            yield pattern


def _fits(pattern: str, value: str) -> bool:
    try:
        return re.fullmatch(pattern, value) is not None
    except re.error:
        return True  # Go's regular expressions know a few things that Python's don't; promtool judges those


def _shown(matcher: promql.Matcher, lost: list[str]) -> str:
    return str(matcher) if lost == [matcher.value] else f"{matcher.name} {' or '.join(lost)}"


def _listed(values: Collection[str]) -> str:
    shown = list(values)[:_SHOWN]
    return ", ".join(shown) + (f" and {len(values) - _SHOWN} more" if len(values) > _SHOWN else "")


CHECK = QueryCheck(
    name="metric/value",
    severity="error",
    explains="matches on a value that the label never has, so it selects nothing or leaves nothing out",
    judge=_judge,
)

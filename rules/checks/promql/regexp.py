"""Patterns that are none, or match everything or nothing."""

import re
from collections.abc import Iterator

import promql_parser as promql

from firebrigade.rules.checks.kinds import QueryCheck
from firebrigade.rules.checks.subjects import Query

_SPECIAL = re.compile(r"[.*+?()|\[\]{}^$\\]")
_ESCAPED = re.compile(r"\\[^A-Za-z0-9]")


def _judge(query: Query) -> Iterator[str]:
    for selector in query.expr.selectors:
        for matcher in selector.matchers:
            if matcher.op in (promql.MatchOp.Re, promql.MatchOp.NotRe) and (what := _wrong(matcher)):
                yield f"{selector.name}{{{matcher}}}: {what}"


def _wrong(matcher: promql.Matcher) -> str:
    pattern, excludes = str(matcher.value), matcher.op == promql.MatchOp.NotRe
    if pattern == ".*":
        return "leaves nothing" if excludes else "matches everything, also no label at all; remove it"
    if not _SPECIAL.search(_ESCAPED.sub("", pattern)):
        return f"is no pattern; write {matcher.name}{'!=' if excludes else '='} and the text itself"
    if pattern.startswith("^") or (pattern.endswith("$") and not pattern.endswith("\\$")):
        return "is anchored at both ends anyway; leave ^ and $ out"
    return ""


CHECK = QueryCheck(
    name="promql/regexp",
    severity="warning",
    explains="matches by a pattern that is plain text, matches everything, or repeats the anchors that are there",
    judge=_judge,
)

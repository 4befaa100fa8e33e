"""Selections of other series, over another range, or of another time."""

import re
from collections.abc import Iterator
from dataclasses import replace
from datetime import timedelta

from firebrigade.rules.mutation import writing
from firebrigade.rules.mutation.tree import Matcher, Selector, Subquery, Tree

_OPPOSITES = {"=": "!=", "!=": "=", "=~": "!~", "!~": "=~"}
_IN_A_GROUP = re.compile(r"(?P<before>[^()|]*\()(?P<inside>[^()]+)(?P<after>\)[^()|]*)")


def changes(tree: Tree) -> Iterator[tuple[str, Tree]]:
    """Yield what becomes of a selector or a subquery."""
    if isinstance(tree, Selector):
        yield from _ranges(tree, tree.name)
        for number, matcher in enumerate(tree.matchers):
            for sentence, others in _matched(matcher):
                matchers = (*tree.matchers[:number], *others, *tree.matchers[number + 1 :])
                yield f"{sentence} in {tree.name}", replace(tree, matchers=matchers)
    elif isinstance(tree, Subquery):
        yield from _ranges(tree, "the subquery")


def _ranges(tree: Selector | Subquery, name: str) -> Iterator[tuple[str, Tree]]:
    if tree.range:
        for other in (tree.range / 2, tree.range * 2):
            sentence = f"range {writing.duration(tree.range)} of {name} becomes {writing.duration(other)}"
            yield sentence, replace(tree, range=other)
    if tree.offset:
        yield f"offset {writing.duration(abs(tree.offset))} of {name} is dropped", replace(tree, offset=timedelta())


def _matched(matcher: Matcher) -> Iterator[tuple[str, tuple[Matcher, ...]]]:
    written = writing.matcher(matcher)
    opposite = replace(matcher, operator=_OPPOSITES[matcher.operator])
    yield f"{written} becomes {writing.matcher(opposite)}", (opposite,)
    yield f"{written} is dropped", ()
    if matcher.operator in {"=~", "!~"}:
        for value in _fewer_alternatives(matcher.value):
            fewer = replace(matcher, value=value)
            yield f"{written} becomes {writing.matcher(fewer)}", (fewer,)


def _fewer_alternatives(pattern: str) -> Iterator[str]:
    """Yield a regular expression of the form ``a|b`` or ``c(a|b)d`` without each of its alternatives."""
    group = _IN_A_GROUP.fullmatch(pattern)
    before, inside, after = group.groups() if group else ("", pattern, "")
    alternatives = inside.split("|")
    if len(alternatives) < 2 or "(" in inside:
        return
    for number in range(len(alternatives)):
        fewer = "|".join(alternatives[:number] + alternatives[number + 1 :])
        yield f"{before}{fewer}{after}"

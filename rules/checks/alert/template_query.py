"""Queries inside of templates."""

import re
from collections.abc import Iterator

from firebrigade.rules.checks.kinds import RuleCheck
from firebrigade.rules.checks.subjects import Entry
from firebrigade.rules.document import KeyPath
from firebrigade.rules.promql import expressions

_QUERY = re.compile(r'\{\{[^}]*?\bquery\s+(?:"((?:[^"\\]|\\.)*)"|`([^`]*)`)')


def _judge(entry: Entry) -> Iterator[tuple[KeyPath, str]]:
    for name, text in entry.rule.annotations.items():
        for quoted, raw in _QUERY.findall(text) if "query" in text else ():
            for what in _wrong(quoted.replace('\\"', '"') or raw, entry):
                yield ("annotations", name), what


def _wrong(query: str, entry: Entry) -> Iterator[str]:
    if "{{" in query or "$" in query or "%" in query:
        return  # it is put together when the alert fires
    try:
        expr = expressions.parse(query)
    except ValueError as error:
        yield f"has a query that is not valid PromQL: {error}"
        return
    known = entry.facts.query.contract.series if entry.facts is not None else {}
    for selector in expressions.selectors(expr):
        if known and selector.name not in known:
            yield f"queries {selector.name}, which is neither in the metric contract nor recorded"


CHECK = RuleCheck(
    name="alert/template-query",
    severity="error",
    explains="has a query in a template that is not PromQL, or asks for a series that nobody emits",
    judge=_judge,
)

"""Which of the series that rules read a Prometheus has now."""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass

import promql_parser as promql

from firebrigade.rules.checks.subjects import Entry
from firebrigade.rules.live.client import Client
from firebrigade.rules.promql import expressions
from firebrigade.rules.promql.expressions import Node, children, is_absence

_AT_ONCE = 50  # selections in a query
_NUMBER = "firebrigade_selection"


@dataclass(frozen=True, slots=True)
class Selection:
    """What a rule selects, as PromQL, and the name alone."""

    text: str
    name: str


def selections(entry: Entry) -> tuple[Selection, ...]:
    """Return what a rule selects, each once, but for what it wants to be absent."""
    return tuple(dict.fromkeys(_wanted(expressions.parse(entry.rule.expr)))) if entry.facts is not None else ()


def present(wanted: Iterable[str], client: Client) -> frozenset[str]:
    """Return those of the selections that have a series now.

    Raises:
        QueryRefusedError: because of one of them.
        RulesError: the server can't be asked.
    """
    listed = list(dict.fromkeys(wanted))
    batches = (listed[start : start + _AT_ONCE] for start in range(0, len(listed), _AT_ONCE))
    return frozenset(one for batch in batches for one in _present(batch, client))


def missing(found: Sequence[Selection], there: frozenset[str]) -> Iterator[tuple[str, str]]:
    """Yield the check and the sentence for each selection without a series; ``there`` has names and selections."""
    for name in dict.fromkeys(one.name for one in found if one.name and one.name not in there):
        yield (
            "live/series",
            f"there is no series {name} now; check its name, and whether it is scraped or recorded",
        )
    for one in found:
        if (not one.name or one.name in there) and one.text not in there:
            yield "live/matchers", f"no series matches {one.text} now; check its labels, or say that it may be so"


def _present(batch: Sequence[str], client: Client) -> Iterator[str]:
    counts = (f'label_replace(count({text}), "{_NUMBER}", "{number}", "", "")' for number, text in enumerate(batch))
    for stream in client.query(" or ".join(counts)):
        number: Mapping[str, str] = stream.labels
        if number.get(_NUMBER, "").isdecimal() and int(number[_NUMBER]) < len(batch):
            yield batch[int(number[_NUMBER])]


def _wanted(node: Node) -> Iterator[Selection]:
    if is_absence(node):
        return
    if isinstance(node, promql.VectorSelector):
        (selector,) = expressions.selectors(node)
        matchers = ", ".join(map(str, selector.matchers))
        yield Selection(f"{selector.name}{{{matchers}}}" if matchers else selector.name, selector.name)
        return
    for below in children(node):
        yield from _wanted(below)

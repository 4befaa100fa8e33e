"""What rules record, as series that other rules may read: their labels follow from the expressions.

``check.py`` adds them to the metric contract. Nothing here judges.
"""

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass

from firebrigade.rules import cost
from firebrigade.rules.contract import Contract, Series
from firebrigade.rules.durations import Duration
from firebrigade.rules.promql import expressions
from firebrigade.rules.promql.expressions import Labels, LabelsOf, Node
from firebrigade.rules.promql.shapes import Shapes
from firebrigade.rules.rulefile import Group, Rule

_EVALUATED_EACH = 60  # Prometheus' default evaluation_interval, in seconds


@dataclass(frozen=True, slots=True, kw_only=True)
class _Maker:
    """One rule that records, standing for all of its shape; ``series`` is how many all of them make."""

    expr: Node
    labels: Labels
    series: int


def series(groups: Iterable[Group], contract: Contract) -> tuple[Series, ...]:
    """Return a series for each name that the groups record.

    Args:
        groups: all groups that are checked together, in any order.
        contract: the metrics that their expressions read.
    """
    rules: dict[str, list[tuple[Rule, Group]]] = {}
    for group in groups:
        for rule in group.rules:
            if rule.record:
                rules.setdefault(rule.record, []).append((rule, group))
    unlabelled = {name: _without_labels(name, found) for name, found in rules.items()}
    shapes = Shapes([*contract.series.values(), *unlabelled.values()])
    makers = {name: tuple(_makers((rule for rule, _ in found), shapes, contract)) for name, found in rules.items()}
    labels = _Labels(makers, contract.labels_of, frozenset.union)
    sure = _Labels(makers, contract.sure_labels_of, frozenset.intersection)
    return tuple(
        Series(
            name=name,
            kind="recorded",
            labels=labels.of(name) or frozenset(),
            optional=(labels.of(name) or frozenset()) - (sure.of(name) or frozenset()),
            open=labels.of(name) is None,
            values=one.values,
            family=name,
            interval_seconds=one.interval_seconds,
            count=sum(maker.series for maker in makers[name]),
            made_by=tuple(maker.expr for maker in makers[name]),
        )
        for name, one in unlabelled.items()
    )


def _without_labels(name: str, found: Sequence[tuple[Rule, Group]]) -> Series:
    intervals = {group.interval for _, group in found}
    interval = min(Duration(text).seconds if text else _EVALUATED_EACH for text in intervals)
    everywhere = set(found[0][0].labels).intersection(*(rule.labels for rule, _ in found))
    # Their keys: quick to look a value up in, and in the rules' order.
    values = {label: dict.fromkeys(rule.labels[label] for rule, _ in found).keys() for label in sorted(everywhere)}
    return Series(name=name, kind="recorded", labels=frozenset(), values=values, interval_seconds=interval)


def _makers(rules: Iterable[Rule], shapes: Shapes, contract: Contract) -> Iterator[_Maker]:
    seen: dict[tuple[str, frozenset[str]], list[Rule]] = {}
    for rule in rules:
        seen.setdefault((shapes.of(rule.expr), frozenset(rule.labels)), []).append(rule)
    for (_, labels), alike in seen.items():
        try:
            expr = expressions.parse(alike[0].expr)
        except ValueError:
            continue  # the check of syntax tells it
        yield _Maker(expr=expr, labels=labels, series=len(alike) * cost.result_series(expr, contract))


class _Labels:
    """The labels of recorded series, found when they are asked for: a record may read another of a later file."""

    def __init__(
        self, makers: Mapping[str, Sequence[_Maker]], emitted: LabelsOf, together: Callable[..., Labels]
    ) -> None:
        self._makers = makers
        self._emitted = emitted
        self._together = together
        self._known: dict[str, Labels | None] = {}

    def of(self, name: str) -> Labels | None:
        if name not in self._makers:
            return self._emitted(name)
        if name not in self._known:
            self._known[name] = None  # what reads itself can't add labels to itself
            outputs = [expressions.output_labels(maker.expr, self.of) for maker in self._makers[name]]
            known = [
                output | maker.labels
                for output, maker in zip(outputs, self._makers[name], strict=True)
                if output is not None
            ]
            self._known[name] = self._together(*known) if len(known) == len(outputs) and known else None
        return self._known[name]

"""Evaluates the part of PromQL that runbooks ask in, on samples of virtual time.

A real Prometheus can't be told what time it is. What this does not know it refuses, as Prometheus refuses what it can't
parse, so that a runbook that asks for more is noticed. https://prometheus.io/docs/prometheus/latest/querying/
"""

import math
import operator
import re
from collections.abc import Callable, Mapping
from datetime import datetime
from functools import lru_cache
from itertools import pairwise
from typing import Any

import promql_parser

from sandbox.virtual.series import Samples

Vector = dict[tuple[tuple[str, str], ...], float]

_ARITHMETIC: Mapping[str, Callable[[float, float], float]] = {
    "+": operator.add,
    "-": operator.sub,
    "*": operator.mul,
    "/": lambda left, right: left / right if right else math.nan if not left else math.copysign(math.inf, left),
}
_COMPARISONS: Mapping[str, Callable[[float, float], bool]] = {
    "==": operator.eq,
    "!=": operator.ne,
    ">": operator.gt,
    "<": operator.lt,
    ">=": operator.ge,
    "<=": operator.le,
}
_AGGREGATES: Mapping[str, Callable[[list[float]], float]] = {
    "sum": sum,
    "max": max,
    "min": min,
    "count": lambda values: float(len(values)),
}


class UnsupportedQueryError(Exception):
    """The query asks for what this evaluator does not know; one sentence."""


class Evaluator:
    """Evaluates instant queries."""

    def __init__(self, samples: Samples) -> None:
        self._samples = samples

    def evaluate(self, query: str, now: datetime) -> Vector:
        """Return an instant vector; a scalar is one sample without labels.

        Raises:
            UnsupportedQueryError: it is no PromQL, or more of it than is known here.
        """
        found = self._value(_parsed(query), now)
        return {(): found} if isinstance(found, float) else found

    def _value(self, node: Any, now: datetime) -> Vector | float:
        kind = type(node).__name__
        if kind == "NumberLiteral":
            return float(node.val)
        if kind == "ParenExpr":
            return self._value(node.expr, now)
        if kind == "VectorSelector":
            found = self._samples.instant(_meets(node), now)
            return {_key(series.labels): value for series, value in found}
        known = {"Call": self._call, "AggregateExpr": self._aggregate, "BinaryExpr": self._binary}
        if kind not in known:
            raise UnsupportedQueryError(f"{kind} is not known to the sandbox")
        return known[kind](node, now)

    def _call(self, node: Any, now: datetime) -> Vector:
        name, args = node.func.name, list(node.args)
        if name == "vector":
            value = self._value(args[0], now)
            return {(): value} if isinstance(value, float) else value
        if name in ("rate", "increase"):
            return self._rates(args[0], now, whole=name == "increase")
        if name == "histogram_quantile":
            quantile, buckets = self._value(args[0], now), self._value(args[1], now)
            if isinstance(quantile, float) and isinstance(buckets, dict):
                return _quantiles(quantile, buckets)
        raise UnsupportedQueryError(f"the function {name} is not known to the sandbox")

    def _rates(self, node: Any, now: datetime, *, whole: bool) -> Vector:
        """Return what counters rose by, resets counted, without the extrapolation to the ends of the range."""
        rates: Vector = {}
        for series, samples in self._samples.ranges(_meets(node.vector_selector), now, node.range):
            if len(samples) < 2:
                continue
            values = [value for _, value in samples]
            rise = sum(after - before if after >= before else after for before, after in pairwise(values))
            seconds = (samples[-1][0] - samples[0][0]).total_seconds()
            rates[_key(series.labels)] = rise / seconds * (node.range.total_seconds() if whole else 1.0)
        return rates

    def _aggregate(self, node: Any, now: datetime) -> Vector:
        name = str(node.op)
        if name not in _AGGREGATES:
            raise UnsupportedQueryError(f"the aggregation {name} is not known to the sandbox")
        vector, grouped = self._value(node.expr, now), _grouping(node.modifier)
        groups: dict[tuple[tuple[str, str], ...], list[float]] = {}
        for labels, value in vector.items() if isinstance(vector, dict) else ():
            groups.setdefault(tuple(pair for pair in labels if pair[0] in grouped), []).append(value)
        return {labels: _AGGREGATES[name](values) for labels, values in groups.items()}

    def _binary(self, node: Any, now: datetime) -> Vector | float:
        left, right, name = self._value(node.lhs, now), self._value(node.rhs, now), str(node.op)
        if name == "or" and isinstance(left, dict) and isinstance(right, dict):
            return left | {labels: value for labels, value in right.items() if labels not in left}
        if name in _ARITHMETIC:
            return _joined(left, right, _ARITHMETIC[name])
        if name not in _COMPARISONS:
            raise UnsupportedQueryError(f"the operator {name} is not known to the sandbox")
        compare = _COMPARISONS[name]
        if node.modifier and "bool" in str(node.modifier):
            return _joined(left, right, lambda one, other: float(compare(one, other)))
        if not isinstance(left, dict) or not isinstance(right, float):
            raise UnsupportedQueryError(f"{name} without bool is known for a vector and a number only")
        return {labels: value for labels, value in left.items() if compare(value, right)}


@lru_cache(maxsize=256)
def _parsed(query: str) -> Any:
    try:
        return promql_parser.parse(query)
    except ValueError as error:
        raise UnsupportedQueryError(f"parse error: {error}") from None


def _key(labels: Mapping[str, str]) -> tuple[tuple[str, str], ...]:
    return tuple(sorted((name, value) for name, value in labels.items() if name != "__name__"))


def _meets(node: Any) -> Callable[[Mapping[str, str]], bool]:
    if node.offset is not None or node.at is not None:
        raise UnsupportedQueryError("offset and @ are not known to the sandbox")
    checks = [(one.name, _check(str(one.op).rpartition(".")[2], one.value)) for one in node.matchers.matchers]
    name = node.name

    def meets(labels: Mapping[str, str]) -> bool:
        named = name is None or labels["__name__"] == name
        return named and all(check(labels.get(label, "")) for label, check in checks)

    return meets


def _check(kind: str, value: str) -> Callable[[str], bool]:
    expression = re.compile(value) if kind in ("Re", "NotRe") else None
    negated = kind.startswith("Not")

    def check(found: str) -> bool:
        same = found == value if expression is None else expression.fullmatch(found) is not None
        return same is not negated

    return check


def _grouping(modifier: Any) -> frozenset[str]:
    if modifier is None:
        return frozenset()
    found = re.fullmatch(r"by\s*\((.*)\)", str(modifier).strip())
    if found is None:
        raise UnsupportedQueryError("of the ways to group, only by is known to the sandbox")
    return frozenset(name.strip() for name in found[1].split(",") if name.strip())


def _joined(left: Vector | float, right: Vector | float, combine: Callable[[float, float], float]) -> Vector | float:
    if isinstance(left, float) and isinstance(right, float):
        return combine(left, right)
    if isinstance(left, dict) and isinstance(right, dict):
        return {labels: combine(value, right[labels]) for labels, value in left.items() if labels in right}
    if isinstance(left, dict) and isinstance(right, float):
        return {labels: combine(value, right) for labels, value in left.items()}
    if isinstance(left, float) and isinstance(right, dict):
        return {labels: combine(left, value) for labels, value in right.items()}
    raise AssertionError


def _quantiles(quantile: float, buckets: Vector) -> Vector:
    groups: dict[tuple[tuple[str, str], ...], list[tuple[float, float]]] = {}
    for labels, value in buckets.items():
        bound = next((float(text) for name, text in labels if name == "le"), math.nan)
        groups.setdefault(tuple(pair for pair in labels if pair[0] != "le"), []).append((bound, value))
    return {labels: _quantile(quantile, sorted(found)) for labels, found in groups.items()}


def _quantile(quantile: float, buckets: list[tuple[float, float]]) -> float:
    """Return a quantile of a histogram, linear within its bucket; the last finite bound where it is beyond."""
    total = buckets[-1][1]
    if not total or math.isnan(total):
        return math.nan
    lower, below = 0.0, 0.0
    for bound, count in buckets:
        if count >= quantile * total:
            return (
                lower if math.isinf(bound) else lower + (bound - lower) * (quantile * total - below) / (count - below)
            )
        lower, below = bound, count
    return lower

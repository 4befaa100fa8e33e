"""Units that are mistaken for each other: percent for a share, milliseconds for seconds."""

from collections.abc import Iterator

from firebrigade.rules.checks.kinds import QueryCheck
from firebrigade.rules.checks.subjects import Query
from firebrigade.rules.contract import Contract
from firebrigade.rules.promql.conditions import limits, names
from firebrigade.rules.promql.expressions import Node, is_comparison, is_scalar, operator
from firebrigade.rules.promql.units import Unit, Units

_FAR_ABOVE = 100  # times the largest bucket: nobody waits so long, and a thousand times is what a mistake makes


def _judge(query: Query) -> Iterator[str]:
    found = Units(query.contract)
    for node, sign, limit in limits(query.expr.root):
        if unit := found.of(node):
            yield from _limit(node, unit, sign, limit, query.contract)
    for node in query.expr.binaries():
        if (is_comparison(node) or operator(node) in {"+", "-"}) and not (is_scalar(node.lhs) or is_scalar(node.rhs)):
            left, right = found.of(node.lhs), found.of(node.rhs)
            if left and right and not _mixable(left, right):
                yield f"{operator(node)} puts {left} and {right} together; bring both to one unit"


def _limit(node: Node, unit: Unit, sign: str, limit: float, contract: Contract) -> Iterator[str]:
    if unit.share and unit.scale == 1 and unit.name and abs(limit) > 1:
        yield f"compares a share of 1 with {sign} {limit:g}, as if it were percent; write {limit / 100:g}"
    if unit.share and unit.scale != 1 and 0 < abs(limit) < 1:
        yield f"compares percent with {sign} {limit:g}, as if it were a share of 1; write {limit * 100:g}"
    top = _largest_bucket(node, contract)
    if str(unit) == "seconds" and top and limit >= _FAR_ABOVE * top:
        yield f"compares seconds with {sign} {limit:g}, as if they were milliseconds; write {limit / 1000:g}"


def _mixable(left: Unit, right: Unit) -> bool:
    """Say whether nothing tells that two units differ: counts of different things may be added."""
    if left.share != right.share and not left.of and not right.of:
        return not {left.scale, right.scale} - {1}
    return left.fits(right) or left.per_second != right.per_second


def _largest_bucket(node: Node, contract: Contract) -> float:
    buckets = [contract.series.get(name.removesuffix("_sum") + "_bucket") for name in names(node)]
    return max((float(one.bounds[-2]) for one in buckets if one is not None and len(one.bounds) > 1), default=0.0)


CHECK = QueryCheck(
    name="metric/unit",
    severity="error",
    explains="mistakes percent for a share of 1, milliseconds for seconds, or adds what has different units",
    judge=_judge,
)

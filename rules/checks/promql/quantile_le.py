"""Quantiles of what are no buckets."""

from collections.abc import Iterator

from firebrigade.rules.checks.kinds import QueryCheck
from firebrigade.rules.checks.subjects import Query
from firebrigade.rules.promql.expressions import output_labels


def _judge(query: Query) -> Iterator[str]:
    for call in query.expr.calls({"histogram_quantile"}):
        inner = output_labels(call.args[1], query.contract.labels_of)
        if inner is not None and "le" not in inner:
            yield "histogram_quantile needs rate(..._bucket[...]) and the label le; keep le in the aggregation"


CHECK = QueryCheck(
    name="promql/quantile-le",
    severity="error",
    explains="calculates a quantile without the label le, so there is never a result",
    judge=_judge,
)

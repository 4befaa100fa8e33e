"""Ask Prometheus a question whose answer later steps go by (`when`), such as how much memory is left.

The query is an instant one; `$label` in the quoted value of a matcher stands for the alert's label. Its values are
compared with a threshold. A series whose value is not a number counts as none.
"""

import json
import math
import operator
import re
from collections.abc import Callable, Mapping, Sequence
from typing import Annotated, ClassVar, Literal, Self

from pydantic import AfterValidator, StrictStr

from firebrigade.runbooks.clients import Clients
from firebrigade.runbooks.contract import ActionParams, Json, PermanentActionError, Risk, Target
from firebrigade.runbooks.prometheus import PrometheusClient, Sample
from firebrigade.runbooks.promql import check_instant, render_query
from firebrigade.runbooks.readings import Asked, Reading
from firebrigade.runbooks.rights import Right

_SHOWN = 10  # series kept as evidence
_MOST_CHARACTERS = 7_000  # as JSON; the timeline keeps 8,000
_COMPARISONS: Mapping[str, Callable[[float, float], bool]] = {
    ">": operator.gt,
    ">=": operator.ge,
    "<": operator.lt,
    "<=": operator.le,
    "==": operator.eq,
    "!=": operator.ne,
}
_CONDITION = re.compile(r"\s*(>=|<=|==|!=|>|<)\s*([-+]?[0-9]+(?:\.[0-9]+)?(?:[eE][-+]?[0-9]+)?)\s*")


def _query(text: str) -> str:
    if problem := check_instant(text):
        raise ValueError(problem)
    return text


def _condition(text: str) -> str:
    if _CONDITION.fullmatch(text) is None:
        raise ValueError("is not a condition: write one of > >= < <= == != and a number, such as '> 0.9'")
    return text


class QueryPrometheusParams(ActionParams):
    """What to ask.

    Attributes:
        query: PromQL that returns an instant vector or a scalar.
        holds_if: what its values are compared with, such as `> 0.9`.
        of: whether `any` of several series must meet the condition, or `all`.
    """

    query: Annotated[StrictStr, AfterValidator(_query)]
    holds_if: Annotated[StrictStr, AfterValidator(_condition)]
    of: Literal["any", "all"] = "all"


class QueryPrometheus:
    """Ask once, and compare."""

    NAME: ClassVar[str] = "query_prometheus"
    Params: ClassVar[type[ActionParams]] = QueryPrometheusParams
    RISK: ClassVar[Risk] = Risk.READ
    TARGET_KIND: ClassVar[str] = ""
    RESULTS: ClassVar[Sequence[str]] = ("holds", "does_not_hold", "no_data")
    RIGHTS: ClassVar[Sequence[Right]] = ()

    def __init__(self, prometheus: PrometheusClient) -> None:
        self._prometheus = prometheus

    @classmethod
    def from_clients(cls, clients: Clients) -> Self | None:
        """Return an instance, or None without Prometheus."""
        return cls(clients.prometheus) if clients.prometheus else None

    def read(self, target: Target | None, params: ActionParams, asked: Asked) -> Reading:  # noqa: ARG002
        """Ask, and compare every series with the threshold."""
        assert isinstance(params, QueryPrometheusParams)  # noqa: S101 - the executor validated them
        try:
            query = render_query(params.query, asked.labels)
        except KeyError as error:
            raise PermanentActionError(f"the alert carries no label {error.args[0]} for the query.") from None
        answer = self._prometheus.query(query)
        samples = [sample for sample in answer.samples if not math.isnan(sample.value)]
        result, summary = _judged(samples, params)
        evidence = {"query": query, "holds_if": params.holds_if, "series": len(samples)}
        return Reading(result=result, summary=summary, evidence=_with_samples(evidence, samples, answer.warnings))


def _judged(samples: Sequence[Sample], params: QueryPrometheusParams) -> tuple[str, str]:
    found = _CONDITION.fullmatch(params.holds_if)
    if not samples or found is None:
        return "no_data", "Prometheus has no series for the query."
    compare, threshold = _COMPARISONS[found[1]], float(found[2])
    met = sum(compare(sample.value, threshold) for sample in samples)
    holds = met == len(samples) if params.of == "all" else met > 0
    values = ", ".join(f"{sample.value:.6g}" for sample in samples[:3]) + (", …" if len(samples) > 3 else "")
    words = f"{values} {'is' if len(samples) == 1 else 'are'} {params.holds_if.strip()}"
    said = f"{words} for {met} of {len(samples)} series" if len(samples) > 1 else f"{words}: {'yes' if met else 'no'}"
    return ("holds" if holds else "does_not_hold"), f"{said}."


def _with_samples(evidence: dict[str, Json], samples: Sequence[Sample], warnings: Sequence[str]) -> dict[str, Json]:
    # As text: JSON has no infinity.
    shown = [{"labels": dict(sample.labels), "value": str(sample.value)} for sample in samples[:_SHOWN]]
    kept = {**evidence, "samples": shown, "warnings": [str(one)[:300] for one in warnings[:3]]}
    while shown and len(json.dumps(kept)) > _MOST_CHARACTERS:
        shown.pop()
    return kept

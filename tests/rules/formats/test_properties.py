"""What holds for every spec: numbers stay exact, and an SLO says the same in each format."""

from collections.abc import Callable
from decimal import Decimal

import yaml
from hypothesis import assume, given, settings
from hypothesis import strategies as st

from firebrigade.rules.durations import Duration
from firebrigade.rules.slo.objectives import Events, Objective, Ratio

Read = Callable[..., tuple[Objective, ...]]

SPEC = """\
version: prometheus/v1
service: shop
slos:
  - name: orders
    objective: 99.9
    sli:
      events:
        error_query: sum(rate(orders_total{code=~"(5..|429)"}[{{.window}}]))
        total_query: sum(rate(orders_total[{{.window}}]))
    alerting:
      name: ShopOrdersFail
      annotations: {summary: Orders fail}
"""


_PERCENTS = st.decimals(min_value=94, max_value="99.999999", places=6)


@settings(deadline=None)
@given(percent=_PERCENTS)
def test_an_objective_stays_the_number_that_was_written(percent: Decimal, read: Read) -> None:
    (objective,) = read(SPEC.replace("99.9", str(percent)))
    assert objective.percent == percent


_NAMES = st.from_regex(r"[a-z][a-z0-9-]{0,8}[a-z0-9]", fullmatch=True)
_METRICS = st.from_regex(r"[a-z_][a-z0-9_:]{0,12}_total", fullmatch=True)


@settings(deadline=None)
@given(service=_NAMES, name=_NAMES, percent=_PERCENTS, error=_METRICS, total=_METRICS)
def test_an_slo_says_the_same_in_sloths_format_and_in_ours(
    service: str, name: str, percent: Decimal, error: str, total: str, read: Read
) -> None:
    assume(error != total)
    error, total = (f"sum(rate({metric}[{{{{.window}}}}]))" for metric in (error, total))
    common = {"name": name, "objective": float(percent), "description": "d."}
    events, alert = {"error": error, "total": total}, {"name": "A", "runbook": "r", "dashboard": "d"}
    ours = {"service": service, "team": "t", "slos": [{**common, "events": events, "alert": alert}]}
    sli = {"events": {f"{side}_query": query for side, query in events.items()}}
    theirs = {
        "version": "prometheus/v1",
        "service": service,
        "slos": [{**common, "sli": sli, "alerting": {"name": "A"}}],
    }
    (one,), (other,) = read(yaml.safe_dump(ours)), read(yaml.safe_dump(theirs))
    same = ("id", "description", "percent", "error_budget", "windows", "tiers")
    assert [getattr(one, part) for part in same] == [getattr(other, part) for part in same]
    assert _texts(one.sli) == _texts(other.sli)
    assert one.alerting.name == other.alerting.name


def _texts(sli: Events | Ratio) -> list[str]:
    queries = [sli.error, sli.total] if isinstance(sli, Events) else [sli.error]
    return [query.over(Duration("5m")) for query in queries]

"""Promtool cases that are made from written ones: an alert that is quiet must stay so when something restarts.

``commands/testing.py`` and the tests run them beside the written ones. A case in which an alert is quiet says what the
system is like when all is well, or just not bad enough. That must hold at every evaluation from the first sample on,
when all counters begin at 0 again, and when scrapes fail for a while. Alerts about missing series are left out of the
last: they may speak.
"""

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import replace
from typing import Any

from firebrigade.rules.contract import Contract
from firebrigade.rules.durations import Duration
from firebrigade.rules.promql import expressions
from firebrigade.rules.testing import samples
from firebrigade.rules.testing.cases import Case, Loaded

_GONE_SECONDS = 120  # two to eight scrapes: a network that stumbles, and shorter than any `for` about missing targets
_MOST_LOOKS = 400  # of one case; each costs promtool next to nothing, and nobody reads more

_Samples = list[str]


def cases(loaded: Loaded, contract: Contract) -> tuple[Case, ...]:
    """Return the cases that follow from the quiet ones of a test file.

    Args:
        loaded: the test file. Alerts about SLOs are left out: burncases.py makes such cases for each of them.
        contract: says which series are counters.
    """
    rules = {str(rule["alert"]): rule for rule in loaded.rules.by_place.values() if "alert" in rule}
    alerts = {name for name, rule in rules.items() if "slo" not in (rule.get("labels") or {})}
    absent = {name for name in alerts if _speaks_of_absence(rules[name])}
    return tuple(made for case in loaded.cases for made in _made(case, alerts, absent, contract))


def _made(case: Case, alerts: set[str], absent: set[str], contract: Contract) -> Iterator[Case]:
    quiet = [name for name in _quiet(case) if name in alerts]
    if not quiet or not case.written.input_series or not _is_known(case):
        return
    tests = [_test(case, "at every evaluation", quiet, lambda _, values: values)]
    counters = {name for name, series in contract.series.items() if series.kind == "counter"}
    if any(_metric(one.series) in counters for one in case.written.input_series):
        tests.append(_test(case, "also when all counters begin at 0 again", quiet, _restart(counters)))
    if patient := [name for name in quiet if name not in absent]:
        change = _interrupt(case.written.interval)
        tests.append(_test(case, "also when scrapes fail for two minutes", patient, change))
    # One process for all: starting promtool takes longer than most of its cases.
    name, content = f"{case.name}, disturbed", {**case.content, "tests": tests}
    yield replace(case, name=name, content=content)


def _is_known(case: Case) -> bool:
    """Say whether all values can be changed here; promtool 3 has forms for native histograms."""
    try:
        return all(samples.expand(one.values) for one in case.written.input_series)
    except ValueError:
        return False


def _quiet(case: Case) -> list[str]:
    """Return the alerts that a case looks at and never finds firing."""
    fires = {look.alertname for look in case.written.alert_rule_test if look.exp_alerts}
    names = dict.fromkeys(look.alertname for look in case.written.alert_rule_test)
    return [name for name in names if name not in fires]


def _test(
    case: Case, how: str, alerts: Sequence[str], change: Callable[[str, _Samples], _Samples]
) -> Mapping[str, Any]:
    written = case.content["tests"][0]
    series = [
        {**one, "values": samples.written(change(one["series"], samples.expand(one["values"])))}
        for one in written["input_series"]
    ]
    looks = [
        {"eval_time": f"{second}s", "alertname": name, "exp_alerts": []} for second in _looks(case) for name in alerts
    ]
    kept = {key: value for key, value in written.items() if key != "promql_expr_test"}
    return {**kept, "name": f"{case.name}, {how}", "input_series": series, "alert_rule_test": looks}


def _looks(case: Case) -> Sequence[int]:
    """Return the seconds of all evaluations up to the last that the written case looks at."""
    step = Duration(str(case.content["evaluation_interval"])).seconds
    last = max(look.eval_time.seconds for look in case.written.alert_rule_test)
    return range(0, last + 1, step * max(1, last // step // _MOST_LOOKS))


def _restart(counters: set[str]) -> Callable[[str, _Samples], _Samples]:
    def change(series: str, values: _Samples) -> _Samples:
        return samples.restarted(values, len(values) // 2) if _metric(series) in counters else values

    return change


def _interrupt(interval: Duration) -> Callable[[str, _Samples], _Samples]:
    length = max(1, _GONE_SECONDS // interval.seconds)

    def change(_: str, values: _Samples) -> _Samples:
        return samples.interrupted(values, len(values) // 2, length)

    return change


def _metric(series: str) -> str:
    return series.partition("{")[0].strip()


def _speaks_of_absence(rule: Mapping[str, Any]) -> bool:
    try:
        expr = expressions.parse(str(rule["expr"]))
    except ValueError:  # a newer Prometheus may know what is not known here
        return True
    return any(expressions.is_absence(node) for node in expressions.nodes(expr))

"""Cases that say when an SLO without data is told, and as what: dead, idle, or neither since somebody else is meant.

``burncases.py`` calls ``cases``. That a dying service never resolves its own page is in ``burncases.py``.
"""

from collections.abc import Iterator, Mapping
from typing import Any

from firebrigade.rules.slo.objectives import Events, Objective
from firebrigade.rules.testing import burnexpected
from firebrigade.rules.testing.burnexpected import look

GRID = "2m"  # between two evaluations: half of `for: 5m` is none of them

_Written = Mapping[str, Any]


def cases(objective: Objective) -> Iterator[_Written]:
    """Yield the cases of one SLO."""
    yield _dead(objective)
    yield _unused(objective)


def _dead(objective: Objective) -> _Written:
    has_events = isinstance(objective.sli, Events)
    return _case(
        "a service that is down and has recorded nothing is told, whatever others do",
        objective,
        {"a": "0x80", "b": "0x80"},
        1,
        look(4, "SloDataMissing"),
        look(6, "SloDataMissing", burnexpected.data_missing(objective)),
        *([look(70, "SloIdle")] if has_events else []),
    )


def _unused(objective: Objective) -> _Written:
    """Return the case of a service that has never counted an event; later one of its pods is down."""
    looks = [look(minute, "SloDataMissing") for minute in (70, 90)]
    if isinstance(objective.sli, Events):
        idle = burnexpected.idle(objective)
        looks += [look(58, "SloIdle"), *(look(minute, "SloIdle", idle) for minute in (60, 70, 90))]
    name = "a service of which a pod is up and that has never counted an event is no dead one"
    return _case(name, objective, {"a": "1x100", "b": "1x75 0x25"}, 0, *looks)


def _case(name: str, objective: Objective, up: Mapping[str, str], others: float, *looks: _Written) -> _Written:
    pods = [{"series": burnexpected.up(objective, pod), "values": values} for pod, values in up.items()]
    return {
        "name": name,
        "interval": "1m",
        "input_series": [*pods, *burnexpected.others(objective, {"5m": others, "1d": others}, 100)],
        "alert_rule_test": [*looks],
    }

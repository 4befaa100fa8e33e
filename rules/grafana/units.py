"""The unit that a panel shows, and whether it is the one that its queries measure.

``check.py`` tells what misleads, ``dashboards.py`` takes the unit of the metric contract where a panel says none. What
a query measures is for ``rules/units.py`` to say.
"""

from collections.abc import Iterable, Iterator
from fractions import Fraction

from firebrigade.rules.contract import Contract
from firebrigade.rules.grafana.queries import expression
from firebrigade.rules.grafana.spec import Panel, Query
from firebrigade.rules.promql.units import Unit, Units

# What Grafana scales (1024 bytes become 1 KiB) or multiplies by 100: words beside a number would be wrong there.
_SCALED = frozenset({"s", "ms", "bytes", "Bps", "percent", "percentunit"})
_THOUSANDTH, _HUNDREDTH = Fraction(1, 1000), Fraction(1, 100)


def fitting(measured: Unit) -> tuple[str, ...]:
    """Return the units of Grafana that show a quantity, the usual one first; a suffix is ``suffix:`` and words."""
    if measured.share:
        # How many times one is of another can be more than a whole.
        calculated = ("suffix: x",) if not measured.name else ()
        return ("percent",) if measured.scale == _HUNDREDTH else ("percentunit", *calculated)
    if measured.of == "seconds" and not measured.per_second:
        return ("ms",) if measured.scale == _THOUSANDTH else ("s",)
    if measured.of == "bytes":
        return ("Bps",) if measured.per_second else ("bytes",)
    return _per_second(measured.name) if measured.per_second and not measured.of else ("short", "none")


def _per_second(name: str) -> tuple[str, ...]:
    if name == "requests":
        return ("reqps", "ops")
    return (f"suffix: {name}/s", "ops") if name.isalpha() and name != "observations" else ("ops",)


def written(panel: Panel) -> str:
    """Return the unit that a panel says, as Grafana writes it; empty where it says none. States are no amounts."""
    if panel.states and not panel.unit:
        return "none"
    return f"suffix: {panel.suffix}" if panel.suffix else panel.unit


def unit(panel: Panel, contract: Contract) -> str:
    """Return a panel's unit: the one that it says, or that of the first query whose quantity is known."""
    return written(panel) or next((fitting(one)[0] for one in _measured(panel, contract)), "")


def sentences(panel: Panel, contract: Contract) -> Iterator[str]:
    """Yield what is wrong with a panel's unit."""
    said, found = written(panel), list(_measured(panel, contract))
    usual = {fitting(one)[0] for one in found}
    if said:
        for one in dict.fromkeys(found):
            if not _shows(said, fitting(one)):
                yield f"is {said}, and the query measures {one}; use {' or '.join(fitting(one))}"
    elif not found:
        yield "is missing, and the metric contract does not tell it; add unit or suffix"
    elif len(usual) > 1:
        yield f"is missing, and the queries measure {_listed(found)}; add unit, or make two panels of it"


def _shows(said: str, allowed: tuple[str, ...]) -> bool:
    return said in allowed or (said.startswith("suffix:") and allowed[0] not in _SCALED)


def _measured(panel: Panel, contract: Contract) -> Iterator[Unit]:
    units = Units(contract)
    for query in panel.queries:
        found = _of(query, units)
        if found is not None:
            yield found


def _of(query: Query, units: Units) -> Unit | None:
    try:
        return units.of(expression(query))
    except ValueError:
        return None


def _listed(found: Iterable[Unit]) -> str:
    return " and ".join(dict.fromkeys(map(str, found)))

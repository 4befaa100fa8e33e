"""The measured behaviour of burn-rate alerts as a table for people and as Markdown.

``commands/reporting.py`` measures, this module only writes; ``plot.py`` draws the same rows.
"""

import json
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import asdict
from itertools import groupby

from firebrigade.rules.measurement.behaviour import Behaviour, Row
from firebrigade.rules.slo.objectives import Objective

_COLUMNS = (
    "alert",
    "burn",
    "detect, law",
    "detect, measured",
    "budget spent",
    "reset, law",
    "reset, measured",
)
_INTRODUCTION = """\
# How fast the burn-rate alerts are

Made by `firebrigade rules report --format markdown`; a test measures a part of it again.

Every number under "measured" is what promtool made of the rules as they are built: a full long window without errors,
then a steady burn, then none. Pages are evaluated every minute, tickets every five, and nothing can be seen in
between. Each alert is shown at the fastest burn that leaves it quiet, and at faster ones. Prometheus 3 leaves out the
sample at the very beginning of a range, so between it and 2.x a value differs by one evaluation at most.

The law is that of chapter 5 of the SRE workbook: an alert comes `factor × long / burn` after the first error and ends
`short × (1 − factor / burn)` after the last one. Windows from a day on are sums of recorded rates and come a little
later (2½ minutes, and 4½ if evaluated every five), which is counted in. A burn of 1 spends the budget exactly within
its period. Budget spent is the part that is gone when the alert fires; `–` is never.
"""


def markdown(rows: Sequence[Row], picture: str = "") -> str:
    """Return the whole document, one section for each objective; ``picture`` is a file beside it."""
    parts = [_INTRODUCTION, *([f"![The same as a picture]({picture})\n"] if picture else [])]
    for title, part in _sections(rows):
        parts += [f"## {title}\n", *_table(part), ""]
    return "\n".join(parts).rstrip() + "\n"


def text(rows: Sequence[Row]) -> str:
    """Return the same for a terminal, in columns."""
    parts: list[str] = []
    for title, part in _sections(rows):
        lines = [_COLUMNS, *map(_cells, part)]
        widths = [max(len(line[column]) for line in lines) for column in range(len(_COLUMNS))]
        parts += [title, *("  ".join(map(str.ljust, line, widths)).rstrip() for line in lines), ""]
    return "\n".join(parts).rstrip() + "\n"


def as_json(rows: Sequence[Row]) -> str:
    """Return the same for programs: minutes, and the part of the budget from 0 to 1; null is never."""
    return json.dumps([_plain(row) for row in rows], indent=2) + "\n"


def _plain(row: Row) -> Mapping[str, object]:
    return {
        "objective": title(row.objective),
        "tier": row.tier.tier,
        "burn": float(row.burn),
        "law_minutes": asdict(row.law),
        "measured_minutes": asdict(row.measured),
        "budget_spent": row.budget_spent,
        "evaluated_every_minutes": row.evaluate_minutes,
        "holds": row.holds,
    }


def title(objective: Objective) -> str:
    """Return what an objective's section is called: what decides how its alerts behave."""
    tiers = "with" if any(tier.tier == "page-express" for tier in objective.tiers) else "without"
    return f"{objective.percent.normalize():f} % over {objective.windows.period}, {tiers} the express page"


def _sections(rows: Sequence[Row]) -> Iterable[tuple[str, list[Row]]]:
    for name, part in groupby(rows, key=lambda row: title(row.objective)):
        yield name, list(part)


def _table(rows: Sequence[Row]) -> Iterable[str]:
    yield f"| {' | '.join(_COLUMNS)} |"
    yield "|---|" + "---:|" * (len(_COLUMNS) - 1)
    yield from (f"| {' | '.join(_cells(row))} |" for row in rows)


def _cells(row: Row) -> tuple[str, ...]:
    law, measured = row.law, row.measured
    spent = "–" if row.budget_spent is None else f"{100 * row.budget_spent:.2f} %"
    detect, reset = _pair(law, measured, "detect"), _pair(law, measured, "reset")
    return (row.tier.tier, f"{row.burn.normalize():f}", *detect, spent, *reset)


def _pair(law: Behaviour, measured: Behaviour, name: str) -> tuple[str, str]:
    return _minutes(getattr(law, name)), _minutes(getattr(measured, name))


def _minutes(value: float | None) -> str:
    return "–" if value is None else f"{value:.1f} min" if value % 1 else f"{value:.0f} min"

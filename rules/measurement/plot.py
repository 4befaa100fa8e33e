"""The measured behaviour of burn-rate alerts as a picture: lines for the law, dots for what promtool measured.

``commands/reporting.py`` imports it only when a picture is wanted: matplotlib is no dependency of the service.
"""

from collections.abc import Iterable, Sequence
from pathlib import Path

import matplotlib
from matplotlib.axes import Axes
from matplotlib.figure import Figure

from firebrigade.rules.measurement import report
from firebrigade.rules.measurement.behaviour import Behaviour, Row

# Distinguishable without red and green (https://jfly.uni-koeln.de/color/), and by their dots.
_STYLES = (("#d55e00", "o"), ("#cc79a7", "s"), ("#e69f00", "^"), ("#0072b2", "D"), ("#009e73", "v"))
_BURNS = (1, 10, 100, 1000)
_TICKS = {1: "1 min", 5: "5 min", 30: "30 min", 120: "2 h", 720: "12 h", 1440: "1 d", 4320: "3 d"}


def draw(rows: Sequence[Row], path: Path) -> None:
    """Draw the rows of one objective: time to detect, budget spent by then, and time to reset, over the burn rate.

    Args:
        rows: of one objective.
        path: an ``.svg`` or ``.png`` file.

    Raises:
        OSError: it can't be written.
    """
    # Without a date and with fixed names for its parts the same rows make the same bytes.
    with matplotlib.rc_context({"svg.hashsalt": "firebrigade", "font.size": 9, "svg.fonttype": "none"}):
        figure = Figure(figsize=(13, 4.6), layout="constrained")
        detect, spent, reset = figure.subplots(1, 3)
        for (name, part), style in zip(_by_tier(rows).items(), _STYLES, strict=False):
            _times(detect, part, "detect", name, style)
            _spent(spent, part, style)
            _times(reset, part, "reset", name, style)
        for axes, title in (
            (detect, "time to detect"),
            (spent, "budget spent when it fires"),
            (reset, "time to reset"),
        ):
            axes.set(title=title, xscale="log", xlabel="burn rate (1 spends the budget in the period)")
            axes.set_xticks(_BURNS, labels=[str(burn) for burn in _BURNS])
            axes.grid(alpha=0.3)
        spent.set(ylabel="percent of the budget", ylim=(0, None))
        figure.suptitle(f"Burn-rate alerts, {report.title(rows[0].objective)}: lines are the law, dots are measured")
        figure.legend(*detect.get_legend_handles_labels(), loc="outside lower center", ncols=5, frameon=False)
        figure.savefig(path, metadata={"Date": None} if path.suffix == ".svg" else {}, dpi=110)


def _by_tier(rows: Iterable[Row]) -> dict[str, list[Row]]:
    found: dict[str, list[Row]] = {}
    for row in rows:
        found.setdefault(row.tier.tier, []).append(row)
    return found


def _times(axes: Axes, rows: Sequence[Row], side: str, name: str, style: tuple[str, str]) -> None:
    colour, marker = style
    lines = [(float(row.burn), value) for row in rows if (value := _value(row.law, side)) is not None]
    dots = [(float(row.burn), value) for row in rows if (value := _value(row.measured, side)) is not None]
    axes.plot(*_columns(lines), color=colour, linewidth=1)
    axes.plot(*_columns(dots), color=colour, marker=marker, linestyle="", fillstyle="none", label=name)
    axes.set(yscale="log", ylim=(0.5, 6_000))
    axes.set_yticks(list(_TICKS), labels=list(_TICKS.values()), minor=False)
    axes.set_yticks([], minor=True)


def _spent(axes: Axes, rows: Sequence[Row], style: tuple[str, str]) -> None:
    colour, marker = style
    dots = [(float(row.burn), 100 * spent) for row in rows if (spent := row.budget_spent) is not None]
    axes.plot(*_columns(dots), color=colour, marker=marker, fillstyle="none", linewidth=0.5)


def _value(behaviour: Behaviour, side: str) -> float | None:
    value: float | None = getattr(behaviour, side)
    return value


def _columns(points: Sequence[tuple[float, float]]) -> tuple[list[float], list[float]]:
    return [x for x, _ in points], [y for _, y in points]

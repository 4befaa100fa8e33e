"""How fast the alerts are, measured by promtool, against the law and against what the document says."""

import dataclasses
import math
import re
from decimal import Decimal
from pathlib import Path

import pytest

from firebrigade.rules.commands import reporting
from firebrigade.rules.measurement import behaviour, report
from firebrigade.rules.measurement.behaviour import Behaviour, Row
from firebrigade.rules.slo.objectives import Objective
from firebrigade.rules.testing.promtool import Promtool
from firebrigade.rules.windows import Tier

DOCUMENT = Path(__file__).resolve().parents[2] / "docs" / "burn-rate-behaviour.md"
ALL = reporting.measurements()
STRICT = "99.9 % over 30d, with the express page"

# A burn for each tier that is neither at its limit nor at the end of the scale, and quick to simulate.
SAMPLE = [
    pytest.param("page-express", "100", id="page-express"),
    pytest.param("page-fast", "37", id="page-fast"),
    pytest.param("page-fast", "10", id="page-fast that must not fire"),
    pytest.param("page-slow", "20", id="page-slow"),
    pytest.param("ticket-fast", "37", id="ticket-fast"),
    pytest.param("ticket-slow", "100", id="ticket-slow"),
]


def _wanted(tier: str, burn: str) -> tuple[Objective, Tier, Decimal]:
    found = (one for one in ALL if report.title(one[0]) == STRICT)
    return next(one for one in found if one[1].tier == tier and one[2] == Decimal(burn))


@pytest.mark.parametrize(("tier", "burn"), SAMPLE)
def test_the_law_holds_and_the_document_says_what_is_measured(tier: str, burn: str) -> None:
    row = behaviour.measure(Promtool(), *_wanted(tier, burn))
    assert row.holds, row
    section = DOCUMENT.read_text(encoding="utf-8").partition(f"## {STRICT}\n")[2].partition("\n## ")[0]
    (line,) = (line for line in section.splitlines() if line.startswith(f"| {tier} | {burn} |"))
    assert _off(line, row) <= row.evaluate_minutes


def _off(line: str, row: Row) -> float:
    """Return by how many minutes a line of the document differs from a measurement; other versions may, by one."""
    cells = [cell.strip() for cell in line.split("|")]
    pairs = ((cells[4], row.measured.detect), (cells[7], row.measured.reset))
    return max(_apart(written, measured) for written, measured in pairs)


def _apart(written: str, measured: float | None) -> float:
    if written == "–" or measured is None:
        return 0 if written == "–" and measured is None else math.inf
    return abs(float(written.removesuffix(" min")) - measured)


def test_the_document_shows_every_alert_and_none_that_is_off() -> None:
    text = DOCUMENT.read_text(encoding="utf-8")
    assert text.startswith(report.markdown([], "burn-rate-behaviour.svg").rstrip())
    for objective, tier, burn in ALL:
        section = text.partition(f"## {report.title(objective)}\n")[2].partition("\n## ")[0]
        assert re.search(rf"^\| {tier.tier} \| {burn.normalize():f} \|", section, re.MULTILINE)


def _row(detect: float | None, reset: float | None) -> Row:
    objective, tier, burn = _wanted("page-fast", "37")
    law = behaviour.law(objective, tier, burn, 60)
    measured = Behaviour(detect=detect, reset=reset)
    return Row(objective=objective, tier=tier, burn=burn, law=law, measured=measured, evaluate_minutes=1)


@pytest.mark.parametrize(
    ("detect", "reset", "holds"),
    [
        pytest.param(24, 4, True, id="both within one evaluation"),
        pytest.param(25, 4, False, id="detected too late"),
        pytest.param(24, 5, False, id="reset too late"),
        pytest.param(None, None, False, id="never detected"),
        pytest.param(24, None, False, id="never reset"),
    ],
)
def test_a_row_that_is_off_by_more_than_one_evaluation_does_not_hold(
    detect: float | None, reset: float | None, holds: bool
) -> None:
    assert _row(detect, reset).holds is holds


def test_the_law_is_that_of_the_workbook() -> None:
    law = _row(None, None).law
    assert law.detect == pytest.approx(14.4 * 60 / 37)
    assert law.reset == pytest.approx(5 * (1 - 14.4 / 37))


def test_what_is_slower_than_the_law_is_noticed() -> None:
    objective, tier, burn = _wanted("page-fast", "37")
    slow = dataclasses.replace(objective, alerting=dataclasses.replace(objective.alerting, name="Slow"))
    held = tier.model_copy(update={"hold": tier.short})
    row = behaviour.measure(Promtool(), slow, held, burn)
    assert row.measured.detect == pytest.approx((row.law.detect or 0), abs=1)
    assert row.measured.detect == 29  # 24 without the 5 minutes of `for`


def test_an_alert_that_did_not_fire_has_spent_nothing() -> None:
    assert _row(None, None).budget_spent is None
    assert _row(24, 4).budget_spent == pytest.approx(37 * 24 / 43_200)


def test_all_burns_of_a_report_are_possible_and_show_the_limit() -> None:
    for objective, _, burn in ALL:
        assert burn * objective.error_budget <= 1
        assert burn in reporting.BURNS
    quiet = [burn for _, tier, burn in ALL if tier.tier == "page-slow" and burn <= 6]
    assert set(quiet) == {Decimal(5)}

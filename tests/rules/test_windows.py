"""Factors are computed exactly, and windows that contradict themselves are refused."""

from collections.abc import Callable
from decimal import Decimal
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from firebrigade.rules import windows
from firebrigade.rules.durations import Duration
from firebrigade.rules.problems import RulesError
from firebrigade.rules.windows import Tier

Write = Callable[[str, str], Path]


def _tier(percent: object, long: str) -> Tier:
    return Tier.model_validate(
        {"tier": "t", "severity": "critical", "budget_percent": percent, "long": long, "short": "1m"}
    )


@pytest.mark.parametrize(
    ("percent", "long", "period", "factor"),
    [
        pytest.param(1, "12m", "30d", "36", id="the express page"),
        pytest.param(2, "1h", "30d", "14.4", id="the workbook's fast page"),
        pytest.param(5, "6h", "30d", "6", id="the workbook's slow page"),
        pytest.param(10, "1d", "30d", "3", id="the workbook's fast ticket"),
        pytest.param(10, "3d", "30d", "1", id="the workbook's slow ticket"),
        pytest.param(2, "1h", "28d", "13.44", id="four weeks"),
        pytest.param(8, "1h", "7d", "13.44", id="one week"),
        pytest.param(2, "1h", "90d", "43.2", id="a quarter"),
        pytest.param(1, "7h", "30d", "1.02857142857", id="a window that does not divide the period"),
    ],
)
def test_the_factor_follows_from_budget_and_windows(percent: int, long: str, period: str, factor: str) -> None:
    assert _tier(percent, long).factor(Duration(period)) == Decimal(factor)


@given(percent=st.integers(1, 100), hours=st.integers(1, 72), days=st.integers(4, 90))
def test_burning_at_the_factor_for_the_long_window_spends_the_share_of_the_budget(
    percent: int, hours: int, days: int
) -> None:
    factor = _tier(percent, f"{hours}h").factor(Duration(f"{days}d"))
    spent = factor * hours / (days * 24) * 100
    assert abs(spent - percent) < Decimal("0.000001")


def test_the_bundled_windows_are_the_workbooks_and_an_optional_express_pair() -> None:
    loaded = windows.load("30d", Path())
    assert [tier.tier for tier in loaded.usual()] == ["page-fast", "page-slow", "ticket-fast", "ticket-slow"]
    assert [tier.tier for tier in loaded.tiers if tier.optional] == ["page-express"]


@pytest.mark.parametrize(
    ("tiers", "message"),
    [
        pytest.param("{long: 5m, short: 5m}", "must be shorter than long", id="a short window that is not shorter"),
        pytest.param("{long: 31d, short: 5m}", "must fit into the period", id="a long window beyond the period"),
        pytest.param("{long: 1h, short: 5m}, {long: 1h, short: 5m}", "is there twice", id="two tiers of one name"),
        pytest.param("{long: 1:00, short: 5m}", "must be a duration such as", id="a time that YAML takes for a number"),
        pytest.param("{long: an hour, short: 5m}", "is not a duration", id="a duration in words"),
    ],
)
def test_windows_that_make_no_sense_are_refused(tiers: str, message: str, write: Write) -> None:
    text = tiers.replace("{", "{tier: t, severity: critical, budget_percent: 2, ")
    path = write("w.yaml", f"period: 30d\ntiers: [{text}]\n")
    with pytest.raises(RulesError, match=message):
        windows.load("w.yaml", path.parent)

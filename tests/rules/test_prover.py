"""What the prover refuses: alerts that could never fire, or that contradict each other or the server."""

from decimal import Decimal
from pathlib import Path

import pytest

from firebrigade.rules import document, windows
from firebrigade.rules.document import Document
from firebrigade.rules.durations import Duration
from firebrigade.rules.library import Server
from firebrigade.rules.slo import prover
from firebrigade.rules.slo.objectives import Alerting, Objective, Query, Ratio
from firebrigade.rules.windows import Tier, Windows

FAST, SLOW = ("page-fast", "critical", 2, "1h", "5m"), ("page-slow", "critical", 5, "6h", "30m")
TICKET = ("ticket", "warning", 10, "1d", "2h")


def _tier(name: str, severity: str, percent: object, long: str, short: str) -> Tier:
    keys = {"tier": name, "severity": severity, "budget_percent": percent, "long": long, "short": short}
    return Tier.model_validate(keys)


def _told(percent: str, *tiers: tuple[object, ...], period: str = "30d", server: Server | None = None) -> list[str]:
    chosen = Windows(period=Duration(period), tiers=tuple(_tier(*tier) for tier in tiers))  # type: ignore[arg-type]
    objective = Objective(
        service="shop",
        name="orders",
        description="orders",
        percent=Decimal(percent),
        sli=Ratio(error=Query(text="x[{{.window}}]")),
        windows=chosen,
        tiers=chosen.tiers,
        alerting=Alerting(name="Orders"),
        percent_at=("objective",),
    )
    source: Document = document.parse(Path("shop.yaml"), "objective: 1")
    return [problem.message for problem in prover.problems(objective, server or Server(), source)]


def test_the_bundled_windows_contradict_nothing() -> None:
    for days in ("7d", "28d", "30d", "90d"):
        found = windows.for_period(Duration(days))
        assert found
        tiers = [(t.tier, t.severity, t.budget_percent, str(t.long), str(t.short)) for t in found.tiers]
        assert _told("99.9", *tiers, period=days, server=Server(retention=Duration("90d"))) == []


@pytest.mark.parametrize(
    ("percent", "tier", "refused"),
    [
        pytest.param("93.05", FAST, True, id="just too low"),
        pytest.param("93.06", FAST, False, id="just high enough"),
        pytest.param("90", ("even", "critical", 100, "3d", "6h"), True, id="the limit itself: all events, and no more"),
        pytest.param("90.01", ("even", "critical", 100, "3d", "6h"), False, id="just above the limit"),
    ],
)
def test_an_objective_that_a_tier_can_never_reach_is_refused(
    percent: str, tier: tuple[object, ...], refused: bool
) -> None:
    assert bool(_told(percent, tier)) == refused


def test_the_sentence_names_an_objective_that_works() -> None:
    (sentence,) = _told("90", FAST)
    assert "page-fast can never fire" in sentence
    assert "above 93.06" in sentence
    assert _told("93.07", FAST) == []


@pytest.mark.parametrize(
    ("tiers", "part"),
    [
        pytest.param(
            (FAST, ("slow", "critical", 12, "6h", "30m")), "and page-fast fires at 14.4", id="a stricter slow one"
        ),
        pytest.param((("quick", "warning", 2, "1h", "5m"), SLOW), "is the quieter one", id="a quiet fast one"),
        pytest.param((("short", "critical", 2, "1h", "1m"),), "scrape every 15s or leave", id="less than four scrapes"),
    ],
)
def test_tiers_that_contradict_each_other_or_the_server_are_refused(
    tiers: tuple[tuple[object, ...]], part: str
) -> None:
    (sentence,) = _told("99.9", *tiers)
    assert part in sentence


def test_a_period_longer_than_the_retention_is_refused_and_says_which_flag_helps() -> None:
    (sentence,) = _told("99.9", FAST, server=Server(retention=Duration("15d")))
    assert "forgets after 15d" in sentence
    assert "--storage.tsdb.retention.time" in sentence
    assert _told("99.9", FAST, SLOW, TICKET, server=Server(retention=Duration("30d"))) == []

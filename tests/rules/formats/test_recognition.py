"""Which reader a document gets, and what every reader takes from a build's choices."""

from collections.abc import Callable
from pathlib import Path

import pytest

from firebrigade.rules import windows as known
from firebrigade.rules.durations import Duration
from firebrigade.rules.library import Links
from firebrigade.rules.problems import RulesError
from firebrigade.rules.slo.objectives import Objective
from firebrigade.rules.windows import Windows

Read = Callable[..., tuple[Objective, ...]]
Refuse = Callable[..., list[str]]

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


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        pytest.param("version: prometheus/v2\nslos: []\n", ":1: version: prometheus/v2 is no format", id="a version"),
        pytest.param("apiVersion: v1\nkind: Pod\n", ":1: apiVersion: v1 Pod is no format that is read", id="a pod"),
        pytest.param("apiVersion: x/v1\nslos: []\n", ":1: apiVersion: x/v1 is no format that is read", id="no kind"),
        pytest.param(
            "apiVersion: sloth.slok.dev/v1\nkind: AlertWindows\nspec: {}\n",
            ":1: apiVersion: is a file of alert windows; name it with --windows",
            id="alert windows",
        ),
        pytest.param("kind: x\nslots: []\n", ":1: is no spec; there are slos or groups of our own", id="nothing known"),
    ],
)
def test_what_is_no_format_is_told_what_it_is(text: str, expected: str, refuse: Refuse) -> None:
    (problem,) = refuse(text)
    assert problem.startswith(expected)


def test_the_period_chooses_the_windows(read: Read, refuse: Refuse) -> None:
    (objective,) = read(SPEC, period=Duration("28d"))
    assert objective.windows.period.seconds == 28 * 86_400
    with pytest.raises(RulesError, match=r"^--period: there are no alert windows for 10d; describe them in a file"):
        read(SPEC, period=Duration("10d"))


def test_windows_of_ones_own_win_over_the_bundled_ones(read: Read) -> None:
    own = Windows(period=Duration("30d"), tiers=known.load("30d", Path()).tiers[1:2])
    (objective,) = read(SPEC, windows=(own,))
    assert [tier.tier for tier in objective.tiers] == ["page-fast"]


def test_only_chosen_links_are_added_and_the_specs_own_are_kept(read: Read) -> None:
    links = Links(runbook_url="https://wiki.example/{name}", dashboard_url="https://grafana.example/{name}")
    (plain,) = read(SPEC, links=links)
    assert "runbook_url" not in plain.alerting.all.annotations
    (linked,) = read(SPEC, links=links, own_links=("runbook_url",))
    assert linked.alerting.all.annotations == {
        "runbook_url": "https://wiki.example/ShopOrdersFail",
        "summary": "Orders fail",
    }
    (own,) = read(SPEC.replace("summary:", "runbook_url:"), links=links, own_links=("runbook_url", "dashboard_url"))
    assert own.alerting.all.annotations == {
        "runbook_url": "Orders fail",
        "dashboard_url": "https://grafana.example/shop",
    }

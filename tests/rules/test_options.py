"""What people choose for a build, and that a choice that is none is told by its option."""

from collections.abc import Callable
from pathlib import Path

import pytest

from firebrigade.rules import library
from firebrigade.rules.commands import Options
from firebrigade.rules.commands.options import surroundings
from firebrigade.rules.problems import RulesError

Write = Callable[[str, str], Path]
WEEK = """\
apiVersion: sloth.slok.dev/v1
kind: AlertWindows
spec:
  sloPeriod: 7d
  page:
    quick: {errorBudgetPercent: 8, shortWindow: 5m, longWindow: 1h}
    slow: {errorBudgetPercent: 12.5, shortWindow: 30m, longWindow: 6h}
  ticket:
    quick: {errorBudgetPercent: 20, shortWindow: 2h, longWindow: 1d}
    slow: {errorBudgetPercent: 42, shortWindow: 6h, longWindow: 3d}
"""


def test_without_a_choice_everything_is_the_librarys_own() -> None:
    assert surroundings(Options()) == library.surroundings()


def test_every_choice_arrives(write: Write) -> None:
    made = surroundings(
        Options(
            period="4w",
            windows=(write("week.yaml", WEEK),),
            scrape_interval="15s",
            retention="1y",
            runbook_url="https://wiki.example/{name}",
        )
    )
    assert (made.period.seconds, made.server.scrape_interval.text, made.server.retention.text) == (
        28 * 86_400,
        "15s",
        "1y",
    )
    assert [windows.period.text for windows in made.windows] == ["1w"]
    assert made.links.runbook_url == "https://wiki.example/{name}"
    assert made.links.dashboard_url == library.surroundings().links.dashboard_url
    assert made.own_links == ("runbook_url",)
    assert (made.runbooks, made.dashboards) == (None, library.surroundings().dashboards), "nobody knows a foreign wiki"


@pytest.mark.parametrize(
    ("options", "expected"),
    [
        pytest.param(Options(period="month"), "--period: 'month' is not a duration", id="a period in words"),
        pytest.param(Options(period="0m"), "--period: '0m' is no time at all", id="no period"),
        pytest.param(Options(retention="-1d"), "--retention: '-1d' is not a duration", id="a negative retention"),
        pytest.param(Options(scrape_interval="15x"), "--scrape-interval: '15x' is not a duration", id="no unit"),
        pytest.param(
            Options(runbook_url="https://wiki.example"), "--runbook-url: must be an address with {name}", id="no name"
        ),
        pytest.param(
            Options(dashboard_url="wiki/{name}"), "--dashboard-url: must be an address with {name}", id="no address"
        ),
    ],
)
def test_a_choice_that_is_none_is_told_by_its_option(options: Options, expected: str) -> None:
    with pytest.raises(RulesError) as error:
        surroundings(options)
    (problem,) = error.value.problems
    assert str(problem).startswith(expected)


def test_two_files_of_windows_for_one_period_are_told(write: Write) -> None:
    one, other = write("one.yaml", WEEK), write("other.yaml", WEEK)
    with pytest.raises(RulesError, match=r"^--windows: \S*one.yaml and \S*other.yaml are both for 1w; leave one"):
        surroundings(Options(windows=(one, other)))


def test_all_wrong_choices_are_told_at_once(write: Write) -> None:
    windows = (write("w.yaml", "period: 1w\n"),)
    with pytest.raises(RulesError) as error:
        surroundings(Options(period="x", windows=windows, runbook_url="x"))
    assert [(problem.key, problem.line) for problem in error.value.problems] == [
        ("--period", 0),
        ("tiers", 1),
        ("--runbook-url", 0),
    ]

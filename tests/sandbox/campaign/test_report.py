"""What a campaign promises, by its results alone."""

from dataclasses import replace

import pytest

from sandbox.campaign.draw import scenario
from sandbox.campaign.report import failures, rows
from sandbox.campaign.trial import Outcome, Result


def results(*, repairable: int, missed: int, harmed: int = 0) -> list[Result]:
    """Return so many results; what is not repaired is left to people."""
    plain = replace(scenario(1, 1), repairable=True)
    good = Result(scenario=plain, outcome=Outcome.REPAIRED, harm=(), minutes=2.0, story=())
    bad = replace(good, outcome=Outcome.ESCALATED, minutes=None)
    worse = replace(good, scenario=replace(plain, repairable=False), outcome=Outcome.HARMED, harm=("it fell",))
    return [*[good] * (repairable - missed), *[bad] * missed, *[worse] * harmed]


@pytest.mark.parametrize(
    ("repairable", "missed", "harmed", "said"),
    [
        pytest.param(100, 0, 0, [], id="all is well"),
        pytest.param(100, 5, 0, [], id="just enough"),
        pytest.param(100, 6, 0, ["94 of 100"], id="one too few"),
        pytest.param(100, 0, 1, ["1 of 101"], id="somebody was harmed"),
        pytest.param(0, 0, 0, [], id="nothing to repair"),
    ],
)
def test_a_campaign_fails_where_a_promise_is_not_held(
    repairable: int, missed: int, harmed: int, said: list[str]
) -> None:
    found = failures(results(repairable=repairable, missed=missed, harmed=harmed))
    assert [sentence.startswith(words) for sentence, words in zip(found, said, strict=True)] == [True] * len(said)


def test_a_row_counts_and_the_last_one_sums_up() -> None:
    row, every = rows(results(repairable=4, missed=1, harmed=1))
    assert row.cells() == ("crash-loop", "5", "4", "3", "0", "1", "1", "2.0")
    assert every.cells()[1:] == row.cells()[1:]

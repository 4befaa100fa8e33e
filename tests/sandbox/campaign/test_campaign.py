"""A sample of the campaign, two of each kind; ``make campaign`` runs all of it."""

import pytest

from sandbox.campaign import __main__ as campaign
from sandbox.campaign.__main__ import main
from sandbox.campaign.draw import scenario, scenarios
from sandbox.campaign.report import failures
from sandbox.campaign.scenario import Kind
from tests.sandbox.campaign.conftest import Run

SAMPLE = 16


@pytest.mark.parametrize("kind", Kind)
def test_nobody_is_harmed_and_what_can_be_repaired_is(run: Run, kind: Kind) -> None:
    results = run([one for one in scenarios(1, SAMPLE) if one.kind is kind])
    assert len(results) == 2
    assert failures(results) == []


def test_a_scenario_comes_out_the_same_each_time(run: Run) -> None:
    first, second = (run([scenario(7, 3), scenario(7, 4)]) for _ in range(2))
    assert [one.story for one in first] == [one.story for one in second]
    assert first == second


def test_a_scenario_does_not_depend_on_those_before_it() -> None:
    assert scenarios(5, 40)[28] == scenario(5, 29)
    assert scenario(5, 29) != scenario(6, 29)


def test_there_are_scenarios_of_every_kind_and_with_every_obstacle() -> None:
    drawn = scenarios(1, 200)
    ways = [one.obstacles for one in drawn]
    assert {one.kind for one in drawn} == set(Kind)
    assert {one.workload.kind for one in drawn} == {"deployment", "statefulset"}
    assert {one.workload.replicas for one in drawn} == set(range(1, 9))
    assert all(
        [
            any(one.owner for one in ways),
            any(one.budget for one in ways),
            any(one.faults for one in ways),
            any(one.supervisor_fails for one in ways),
            any(one.outage for one in ways),
            any(one.maintenance for one in ways),
            any(one.returns for one in ways),
            any(one.labels for one in ways),
            any(one.others_roll_out for one in ways),
            any(one.beside > 10 for one in drawn),
            any(one.person for one in drawn),
        ]
    )
    assert 60 < sum(one.repairable for one in drawn) < 140


def test_one_scenario_is_told_with_its_timeline(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["--scenario", "4", "--verbose"]) == 0
    said = capsys.readouterr().out
    assert "agent-01 failed" in said
    assert "verified" in said
    assert "failed-agent" in said


def test_the_exit_code_says_that_it_failed(capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(campaign, "failures", lambda _: ["1 of 1 scenarios did harm."])
    assert main(["--scenario", "8"]) == 1
    assert "did harm" in capsys.readouterr().out

"""The cache of promtool's results: what it knows again, what it never believes, and that nothing depends on it."""

import dataclasses
import os
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from firebrigade.rules.problems import RulesError
from firebrigade.rules.testing import casecache, cases
from firebrigade.rules.testing.casecache import CaseCache
from firebrigade.rules.testing.cases import Case
from firebrigade.rules.testing.promtool import Promtool

Write = Callable[[str, str], Path]

RULES = "groups: [{name: g, rules: [{alert: Down, expr: up == 0}]}]"
TESTS = """\
rule_files: [rules.yaml]
evaluation_interval: 1m
group_eval_order: [g]
tests:
  - name: a pod is down
    interval: 1m
    input_series: [{series: up, values: '0x5'}]
    alert_rule_test: [{eval_time: 1m, alertname: Down, exp_alerts: [{exp_labels: {}}]}]
"""


@dataclasses.dataclass(frozen=True)
class Runs:
    """A promtool that says what it is told to say, and writes down each time that it runs."""

    command: Path
    log: Path

    def says(self, script: str) -> None:
        self.command.write_text(f'#!/bin/sh\necho "$1" >> {self.log}\n{script}\n')
        self.command.chmod(0o700)

    @property
    def number(self) -> int:
        return len(self.log.read_text().splitlines()) if self.log.exists() else 0


@pytest.fixture
def runs(tmp_path: Path) -> Runs:
    """A promtool that finds everything right."""
    runs = Runs(command=tmp_path / "promtool", log=tmp_path / "log")
    runs.says("echo SUCCESS")
    return runs


@pytest.fixture
def cache(runs: Runs, tmp_path: Path) -> CaseCache:
    return CaseCache(promtool=Promtool(command=str(runs.command)), folder=tmp_path / "cache", version="2.42")


def _case(folder: Path, tests: str = TESTS, rules: str = RULES) -> Case:
    folder.mkdir(exist_ok=True)
    (folder / "rules.yaml").write_text(rules)
    (folder / "tests.yaml").write_text(tests)
    return cases.load(folder / "tests.yaml").cases[0]


def _batch(folder: Path) -> tuple[Case, ...]:
    """Three cases of one file, the second of which fails."""
    _, _, case = TESTS.partition("tests:\n")
    second = case.replace("is down", "is up").replace("0x5", "1x5")
    _case(folder, tests=TESTS + second + case.replace("a pod", "another pod"))
    return cases.load(folder / "tests.yaml").cases


def test_a_batch_that_passes_is_one_process(cache: CaseCache, runs: Runs, tmp_path: Path) -> None:
    assert [result.passed for result in cache.run_cases(_batch(tmp_path / "a"))] == [True] * 3
    assert runs.number == 1


def test_of_a_batch_only_what_is_not_known_is_run(cache: CaseCache, runs: Runs, tmp_path: Path) -> None:
    first, *others = _batch(tmp_path / "a")
    runs.says("echo FAILED: no; exit 1")
    assert not cache.run_case(first).passed
    runs.says("echo SUCCESS")
    results = cache.run_cases([first, *others])
    assert [(result.name, result.passed) for result in results] == [
        ("a pod is down", False),
        ("a pod is up", True),
        ("another pod is down", True),
    ]
    assert runs.number == 2


def test_what_fails_in_a_batch_is_told_alone(tmp_path: Path) -> None:
    real = CaseCache(promtool=Promtool(), folder=tmp_path / "cache", version="2.42")
    results = real.run_cases(_batch(tmp_path / "a"))
    assert [(result.name, result.passed) for result in results] == [
        ("a pod is down", True),
        ("a pod is up", False),
        ("another pod is down", True),
    ]
    assert [result.output.count("FAILED") for result in results] == [0, 1, 0]


def test_a_case_that_passed_is_not_run_again(cache: CaseCache, runs: Runs, tmp_path: Path) -> None:
    case = _case(tmp_path / "a")
    assert [cache.run_case(case).passed for _ in range(3)] == [True] * 3
    assert runs.number == 1


def test_a_case_that_failed_is_not_run_again_and_says_the_same(cache: CaseCache, runs: Runs, tmp_path: Path) -> None:
    runs.says("echo '  FAILED:' >&2; exit 1")
    first, second = (cache.run_case(_case(tmp_path / "a")) for _ in range(2))
    assert (first, first.passed, runs.number) == (second, False, 1)


def test_a_promtool_that_died_of_something_else_is_asked_again(cache: CaseCache, runs: Runs, tmp_path: Path) -> None:
    case = _case(tmp_path / "a")
    runs.says("echo out of memory >&2; exit 1")
    assert not cache.run_case(case).passed
    runs.says("echo SUCCESS")
    assert cache.run_case(case).passed


def test_where_the_files_lie_does_not_matter(cache: CaseCache, runs: Runs, tmp_path: Path) -> None:
    cache.run_case(_case(tmp_path / "a"))
    elsewhere = _case(tmp_path / "b", tests="# another line\n" + TESTS)
    result = cache.run_case(elsewhere)
    assert (result.file, result.line, runs.number) == (str(tmp_path / "b" / "tests.yaml"), 6, 1)


@pytest.mark.parametrize(
    ("old", "new"),
    [
        pytest.param("up == 0", "up == 1", id="the expression of a rule"),
        pytest.param("eval_time: 1m", "eval_time: 2m", id="an assertion"),
        pytest.param("0x5", "1x5", id="a series"),
        pytest.param("evaluation_interval: 1m", "evaluation_interval: 2m", id="what all cases of the file share"),
    ],
)
def test_what_changed_is_run_again(old: str, new: str, cache: CaseCache, runs: Runs, tmp_path: Path) -> None:
    cache.run_case(_case(tmp_path / "a"))
    cache.run_case(_case(tmp_path / "a", tests=TESTS.replace(old, new), rules=RULES.replace(old, new)))
    assert runs.number == 2


def test_another_promtool_is_asked_itself(cache: CaseCache, runs: Runs, tmp_path: Path) -> None:
    case = _case(tmp_path / "a")
    cache.run_case(case)
    dataclasses.replace(cache, version="3.5").run_case(case)
    assert runs.number == 2


@pytest.mark.parametrize(
    "rubbish",
    ["", "{", "[]", "null", '{"passed": "yes", "output": ""}', '{"passed": true}', "\udcff"],
)
def test_rubbish_is_not_believed(rubbish: str, cache: CaseCache, runs: Runs, tmp_path: Path) -> None:
    case = _case(tmp_path / "a")
    cache.run_case(case)
    (kept,) = cache.folder.glob("??/*")
    kept.write_bytes(rubbish.encode(errors="surrogateescape"))
    runs.says("echo '  FAILED:' >&2; exit 1")
    assert not cache.run_case(case).passed
    assert runs.number == 2


def test_a_folder_that_can_not_be_written_is_no_problem(cache: CaseCache, runs: Runs, tmp_path: Path) -> None:
    cache.folder.write_text("a file where the folder should be")
    assert [cache.run_case(_case(tmp_path / "a")).passed for _ in range(2)] == [True, True]
    assert runs.number == 2


def test_a_rule_that_makes_no_difference_may_change(cache: CaseCache, runs: Runs, tmp_path: Path) -> None:
    other = RULES.replace("rules: [", "rules: [{alert: Up, expr: up == 1}, ")
    cache.run_case(_case(tmp_path / "a", rules=other))
    cache.run_case(_case(tmp_path / "a", rules=other.replace("up == 1", "up == 2")))
    assert runs.number == 1


def test_the_oldest_results_go_first(cache: CaseCache, tmp_path: Path) -> None:
    (cache.folder / "ab").mkdir(parents=True)
    for age in range(20):
        old = cache.folder / "ab" / str(age)
        old.touch()
        os.utime(old, (1000 - age, 1000 - age))
    small = dataclasses.replace(cache, most=5)
    for number in range(3000):  # one of 256 results has the cache looked at
        small.run_case(_case(tmp_path / "a", tests=TESTS.replace("0x5", f"{number}x5")))
        if len(list(cache.folder.glob("??/*"))) == small.most:
            break
    assert not any((cache.folder / "ab" / str(age)).exists() for age in range(5, 20))


def test_many_at_once_never_read_half_a_result(cache: CaseCache, runs: Runs, tmp_path: Path) -> None:
    case = _case(tmp_path / "a")
    with ThreadPoolExecutor(max_workers=8) as pool:
        results = list(pool.map(cache.run_case, [case] * 40))
    assert all(result.passed for result in results)
    assert [path.name for path in cache.folder.glob("??/*") if path.name.startswith("tmp")] == []


def test_without_a_folder_promtool_itself_runs() -> None:
    assert casecache.runner(Promtool(), None) == Promtool()


def test_a_missing_promtool_is_told_although_results_are_known(tmp_path: Path) -> None:
    with pytest.raises(RulesError, match="not installed"):
        casecache.runner(Promtool(command="promtool-that-is-not-there"), tmp_path)

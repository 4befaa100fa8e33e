"""What a runbook may say of a value that a step must not make rise: only what can be compared and taken back."""

from datetime import timedelta
from pathlib import Path

import pytest

from firebrigade.runbooks.loader import RunbookError, RunbookLibrary
from firebrigade.runbooks.must_not_rise import MustNotRise

GOOD = """---
title: Too many requests fail
alerts: [HighErrorRate]
steps:
  - name: Roll back
    action: rollback_deployment
    target: {namespace: shop, name: checkout}
    verify:
      healthy_for: 150s
      worse:
        query: sum(rate(errors_total[1m]))
        rises_by: 0.1
    undo: true
---
# Too many requests fail
"""


def loaded(directory: Path, *changes: tuple[str, str]) -> RunbookLibrary:
    text = GOOD
    for before, after in changes:
        assert before in text
        text = text.replace(before, after)
    (directory / "errors.md").write_text(text, encoding="utf-8")
    return RunbookLibrary.load(directory)


@pytest.mark.parametrize(
    ("changes", "query", "seconds"),
    [
        pytest.param([], "sum(rate(errors_total[1m]))", 60, id="as its range says"),
        pytest.param(
            [("0.1", "0.1\n        looks_back: 1m")], "sum(rate(errors_total[1m]))", 60, id="as it says itself"
        ),
        pytest.param([("sum(rate(errors_total[1m]))", "queue_length")], "queue_length", 60, id="at least a scrape"),
        pytest.param(
            [("sum(rate(errors_total[1m]))", "queue_length"), ("0.1", "5\n        looks_back: 15s")],
            "queue_length",
            15,
            id="which may be more often",
        ),
    ],
)
def test_a_step_can_name_what_must_not_rise(
    tmp_path: Path, changes: list[tuple[str, str]], query: str, seconds: int
) -> None:
    (runbook,) = loaded(tmp_path, *changes)
    worse = runbook.steps[0].worse
    assert worse is not None
    assert worse == MustNotRise(query=query, rises_by=worse.rises_by, looks_back=timedelta(seconds=seconds))


@pytest.mark.parametrize(
    ("before", "after", "problem"),
    [
        ("    undo: true\n", "", "5: steps[0]: undo must be true with verify.worse"),
        ("150s", "149s", "8: steps[0].verify: healthy_for must be at least 2m30s with worse"),
        ("[1m]", "[5m]", "8: steps[0].verify: healthy_for must be at least 10m30s with worse"),
        ("rises_by: 0.1", "rises_by: 0", "12: steps[0].verify.worse.rises_by: input should be greater than 0"),
        ("        rises_by: 0.1\n", "", "10: steps[0].verify.worse.rises_by: is missing"),
        ("rises_by: 0.1", "rises_by: 0.1\n        within: 1m", "13: steps[0].verify.worse.within: is not a key"),
        ("sum(rate(errors_total[1m]))", "sum(errors_total)", "11: steps[0].verify.worse.query: asks for the counter"),
        ("errors_total[1m]))", "errors_total[1m])) > 1", "11: steps[0].verify.worse.query: leaves out"),
        ("rises_by: 0.1", "rises_by: 0.1\n        looks_back: 59s", "looks_back must be at least 1m"),
        ("sum(rate(errors_total[1m]))", "job:errors:ratio_rate5m", "needs looks_back: how far the rule that records"),
        (
            "action: rollback_deployment",
            "action: restart_pod",
            "steps[0].verify.worse: restart_pod can't be taken back",
        ),
    ],
)
def test_what_could_not_be_compared_or_taken_back_is_refused_with_its_line(
    tmp_path: Path, before: str, after: str, problem: str
) -> None:
    with pytest.raises(RunbookError) as raised:
        loaded(tmp_path, (before, after))
    (told,) = (one.removeprefix(f"{tmp_path}/") for one in raised.value.problems)
    assert told.startswith("errors.md:")
    assert problem in told

"""Runbooks from files: strict, and everything that is wrong at once."""

from datetime import timedelta
from pathlib import Path

import pytest

from firebrigade.runbooks.contract import RunbookStep
from firebrigade.runbooks.loader import RunbookError, RunbookLibrary

GOOD = """---
title: A service is down
alerts: [ServiceDown]
steps:
  - name: Restart the pod
    action: restart_pod
    target:
      namespace: {label: namespace}
      name: {label: [pod, deployment]}
    verify:
      within: 90s
      query: min(up{deployment="$deployment"}) == bool 1
  - name: Roll back
    action: rollback_deployment
    target: {namespace: shop, name: checkout}
    params:
      recent_within: 2h
    undo: true
---
# What it means

It is down.
"""


def write(directory: Path, text: str, name: str = "service-down.md") -> Path:
    path = directory / name
    path.write_text(text, encoding="utf-8")
    return path


def problems(directory: Path) -> list[str]:
    with pytest.raises(RunbookError) as raised:
        RunbookLibrary.load(directory)
    return [problem.removeprefix(f"{directory}/") for problem in raised.value.problems]


def test_a_runbook_is_what_its_file_says(tmp_path: Path) -> None:
    path = write(tmp_path, GOOD)
    library = RunbookLibrary.load(tmp_path)
    (runbook,) = library
    assert (runbook.name, runbook.title, runbook.alerts) == ("service-down", "A service is down", ("ServiceDown",))
    assert runbook.path == str(path)
    assert runbook.body == "# What it means\n\nIt is down.\n"
    assert runbook.steps[0] == RunbookStep(
        name="Restart the pod",
        action="restart_pod",
        target={"namespace": {"label": ["namespace"]}, "name": {"label": ["pod", "deployment"]}},
        verify_within=timedelta(seconds=90),
        verify_query='min(up{deployment="$deployment"}) == bool 1',
    )
    assert runbook.steps[1].params == {"recent_within": "2h"}
    assert runbook.steps[1].undo
    assert runbook.steps[1].verify_within == timedelta(minutes=3)


def test_a_step_can_have_to_stay_healthy(tmp_path: Path) -> None:
    write(tmp_path, GOOD.replace("within: 90s", "healthy_for: 2m"))
    (runbook,) = RunbookLibrary.load(tmp_path)
    assert [step.healthy_for for step in runbook.steps] == [timedelta(minutes=2), timedelta()]


def test_a_runbook_is_found_by_its_name_and_by_its_alert(tmp_path: Path) -> None:
    write(tmp_path, GOOD)
    write(tmp_path, "no runbook", "README.md")
    library = RunbookLibrary.load(tmp_path)
    assert len(library) == 1
    assert library.get("service-down") is library.for_alert("ServiceDown")
    assert library.get("service-up") is None
    assert library.for_alert("ServiceUp") is None


@pytest.mark.parametrize(
    ("before", "after", "problem"),
    [
        ("title: A service is down", "title: 3", "2: title: input should be a valid string."),
        ("title: A service is down\n", "", "1: title: is missing."),
        ("alerts: [ServiceDown]", "alerts: []", "3: alerts: must have at least one."),
        ("alerts: [ServiceDown]", "alerts: [a b]", "3: alerts[0]: string should match"),
        ("title:", "owner: me\ntitle:", "2: owner: is not a key that is known here."),
        ("action: restart_pod", "action: reboot", "6: steps[0].action: there is no action 'reboot'; there are "),
        ("{label: namespace}", "{label: 3}", "8: steps[0].target.namespace.label: input should be a valid list."),
        ("[pod, deployment]", "[]", "9: steps[0].target.name.label: must have at least one."),
        ("[pod, deployment]", "[$pod]", "9: steps[0].target.name.label[0]: string should match"),
        ("within: 90s", "within: 90", "11: steps[0].verify.within: write a duration with its unit"),
        ("within: 90s", "within: 2h", "10: steps[0].verify: within must be more than nothing and at most 1h"),
        ("within: 90s", "healthy_for: 61m", "10: steps[0].verify: healthy_for must be at most 1h"),
        ("== bool 1", "== 1", "12: steps[0].verify.query: compares without bool"),
        ("== bool 1", "== bool", "12: steps[0].verify.query: is not PromQL"),
        ('"$deployment"', "$deployment", "12: steps[0].verify.query: is not PromQL"),
        ("name: checkout", "name: Check_Out", "15: steps[1].target.name: is not a valid name"),
        ("namespace: shop", "namespace: a.b", "15: steps[1].target.namespace: is not a valid namespace"),
        ("namespace: shop, ", "", "15: steps[1].target.namespace: is missing"),
        ("recent_within: 2h", "recent: 2h", "17: steps[1].params.recent: is not a key that is known here."),
        ("recent_within: 2h", "recent_within: soon", "17: steps[1].params.recent_within: write a duration"),
        ("undo: true", 'undo: "yes"', "18: steps[1].undo: input should be a valid boolean."),
        ("undo: true", "undo: true\n    undo: false", "19: steps[1].undo: it stands here twice."),
        ("---\n# What", "# What", "1: it must begin with front matter between two lines of ---."),
        ("alerts: [", "alerts: [[", "it is not YAML"),
    ],
)
def test_a_mistake_is_named_with_its_file_line_and_key(tmp_path: Path, before: str, after: str, problem: str) -> None:
    assert before in GOOD
    write(tmp_path, GOOD.replace(before, after, 1))
    (told,) = problems(tmp_path)
    assert told.startswith("service-down.md:")
    assert problem in told


def test_everything_that_is_wrong_is_told_at_once(tmp_path: Path) -> None:
    wrong = GOOD.replace("title: A", "titel: A").replace("recent_within: 2h", "recent: 2h").replace("bool 1", "1")
    write(tmp_path, wrong)
    write(tmp_path, "nothing", "other.md")
    told = problems(tmp_path)
    assert [problem.split(": ")[0:2] for problem in told] == [
        ["other.md:1", "it must begin with front matter between two lines of ---."],
        ["service-down.md:1", "title"],
        ["service-down.md:2", "titel"],
        ["service-down.md:12", "steps[0].verify.query"],
        ["service-down.md:17", "steps[1].params.recent"],
    ]


def test_a_runbook_can_be_for_people_alone(tmp_path: Path) -> None:
    write(tmp_path, "---\ntitle: Costs rise\nalerts: [CostPerRequestHigh]\nsteps: []\n---\n# Costs rise\n")
    (runbook,) = RunbookLibrary.load(tmp_path)
    assert runbook.steps == ()


def test_steps_are_not_forgotten_by_leaving_them_out(tmp_path: Path) -> None:
    write(tmp_path, "---\ntitle: Costs rise\nalerts: [CostPerRequestHigh]\n---\n# Costs rise\n")
    (told,) = problems(tmp_path)
    assert "steps: is missing" in told


def test_an_alert_has_one_runbook(tmp_path: Path) -> None:
    write(tmp_path, GOOD)
    write(tmp_path, GOOD, "other.md")
    (told,) = problems(tmp_path)
    assert "ServiceDown is answered by" in told


def test_a_directory_without_runbooks_is_a_mistake(tmp_path: Path) -> None:
    (told,) = problems(tmp_path)
    assert "no runbooks" in told


@pytest.mark.parametrize(
    "content", [b"\xff\xfe", b"---\n- 1\n---\n", b"---\n---\n", b"---\nx: !!python/object:os.x {}\n---\n"]
)
def test_a_file_that_is_no_runbook_at_all_is_named_without_a_traceback(tmp_path: Path, content: bytes) -> None:
    (tmp_path / "x.md").write_bytes(content)
    assert problems(tmp_path)[0].startswith("x.md")


def test_windows_line_ends_are_lines_too(tmp_path: Path) -> None:
    (tmp_path / "service-down.md").write_bytes(GOOD.replace("\n", "\r\n").encode())
    assert len(RunbookLibrary.load(tmp_path)) == 1


CONDITIONAL = """---
title: A service is down
alerts: [ServiceDown]
steps:
  - name: Look
    action: query_prometheus
    params: {query: up, holds_if: "> 0"}
  - name: Wait
    action: wait
    params: {duration: 2m}
  - name: Roll back
    action: rollback_deployment
    when:
      labels: ['severity="critical"']
      step: {name: Look, result: holds}
    target: {namespace: shop, name: checkout}
---
It is down.
"""


def test_conditions_are_what_the_file_says(tmp_path: Path) -> None:
    write(tmp_path, CONDITIONAL)
    (runbook,) = RunbookLibrary.load(tmp_path)
    look, _, roll_back = runbook.steps
    assert (look.target, look.when) == ({}, {})
    assert roll_back.when == {"labels": ['severity="critical"'], "step": [{"name": "Look", "result": ["holds"]}]}


@pytest.mark.parametrize(
    ("before", "after", "problem"),
    [
        ("""'severity="critical"'""", "severity", "14: steps[2].when.labels[0]: is not a matcher"),
        ("""severity="critical\"""", """severity=~"(\"""", "14: steps[2].when.labels[0]: is not a regular expression"),
        ("name: Look, result", "name: Loko, result", "15: steps[2].when.step[0].name: no earlier step that reads is"),
        ("name: Look, result", "name: Roll back, result", "15: steps[2].when.step[0].name: no earlier step that reads"),
        ("name: Wait", "name: Look", "15: steps[2].when.step[0].name: two earlier steps are called 'Look'"),
        ("result: holds", "result: yes", "15: steps[2].when.step[0].result: input should be a valid list"),
        (
            "result: holds",
            "result: [holds, on]",
            "15: steps[2].when.step[0].result[1]: input should be a valid string",
        ),
        (
            "result: holds",
            "result: hold",
            "15: steps[2].when.step[0].result: query_prometheus never comes to 'hold'; it comes to holds, ",
        ),
        ("result: holds", "results: holds", "15: steps[2].when.step"),
        ("when:\n      labels", "when: {}\n    wen:\n      labels", "13: steps[2].when: has no condition"),
        ("target: {namespace", "targets: {namespace", "16: steps[2].targets: is not a key"),
        ("    target: {namespace: shop, name: checkout}\n", "", "11: steps[2].target: is missing"),
        (
            "    params: {duration: 2m}",
            "    params: {duration: 2m}\n    target: {name: x, namespace: y}",
            "11: steps[1].target: wait has no target; take it out",
        ),
        (
            "    params: {duration: 2m}",
            "    params: {duration: 2m}\n    undo: true",
            "11: steps[1].undo: wait changes nothing, so there is nothing to undo",
        ),
        ('holds_if: "> 0"', "holds_if: 0", "7: steps[0].params.holds_if: input should be a valid string"),
    ],
)
def test_a_mistake_in_a_condition_is_named_with_its_file_line_and_key(
    tmp_path: Path, before: str, after: str, problem: str
) -> None:
    assert before in CONDITIONAL
    write(tmp_path, CONDITIONAL.replace(before, after, 1))
    assert any(told.startswith(f"service-down.md:{problem}") for told in problems(tmp_path)), problems(tmp_path)


@pytest.mark.parametrize("word", ["unknown", "no_data"])
def test_a_step_can_be_for_when_nothing_could_be_found_out(tmp_path: Path, word: str) -> None:
    write(tmp_path, CONDITIONAL.replace("result: holds", f"result: {word}"))
    assert len(RunbookLibrary.load(tmp_path)) == 1


@pytest.mark.parametrize(
    ("name", "problem"),
    [
        ("cleanup", ""),
        ("{label: job}", "7: steps[0].target.name: must be written out: an alert can't choose the cronjob."),
    ],
)
def test_an_alert_does_not_choose_what_is_run(tmp_path: Path, name: str, problem: str) -> None:
    step = f"- name: Clean\n    action: run_job\n    target: {{namespace: {{label: namespace}}, name: {name}}}\n"
    write(tmp_path, f"---\ntitle: Full\nalerts: [Full]\nsteps:\n  {step}---\nIt is full.\n")
    assert problem == "" or problems(tmp_path) == [f"service-down.md:{problem}"]
    assert problem or len(RunbookLibrary.load(tmp_path)) == 1


def test_a_command_with_an_unknown_label_is_named_with_its_file_and_line(tmp_path: Path) -> None:
    body = "# What it means\n\n```sh\nkubectl get pod <pdo>\n```\n\nThen `kubectl logs '<pod>'`.\n"
    write(tmp_path, GOOD.partition("# What")[0].replace("undo: true", "undo: 1") + body)
    told = problems(tmp_path)
    assert [one.partition(",")[0].partition(";")[0] for one in told] == [
        "service-down.md:18: steps[1].undo: input should be a valid boolean.",
        "service-down.md:23: <pdo> is no label that alerts carry",
        "service-down.md:26: <pod> stands within quotes",
    ]


def test_a_label_that_only_these_alerts_carry_is_named_in_the_front_matter(tmp_path: Path) -> None:
    write(tmp_path, GOOD.replace("alerts:", "labels: [queue]\nalerts:") + "\n`show <queue>`\n")
    assert len(RunbookLibrary.load(tmp_path)) == 1

"""What is wrong in firebrigade.yaml: each mistake with its line and key, all at once, and no secret among the words."""

import json
from collections.abc import Callable
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from firebrigade.responder.config import load_config
from firebrigade.responder.errors import ConfigError
from firebrigade.responder.settings import load_settings

ProblemsOf = Callable[..., list[str]]
SECRET = "planted-5ecret"
OPS = "{type: slack, token: x, channel: C0123456789}"
WINDOW = "matchers: 'service=\"x\"', owner: o, reason: r"

MISTAKES = {
    "an unknown key": ("recievers: {}", "1: recievers: is not a setting; did you mean receivers?"),
    "an unknown key deep down": (
        "automation:\n  mod: auto",
        "2: automation.mod: is not a setting; did you mean mode?",
    ),
    "a list where a block belongs": ("- a", "1: must be a block of settings (key: value lines)"),
    "a text where a block belongs": ("automation: auto", "1: automation: is not a block of settings"),
    "a text where a list belongs": ("routes: x", "1: routes: is not a list"),
    "an empty value": ("automation:\n  mode:", "2: automation.mode: is empty; give it a value or leave the line out"),
    "an empty entry": ("routes:\n  -\n", "2: routes[0]: is empty"),
    "an unknown mode": ("automation: {mode: on}", "1: automation.mode: must be 'auto', 'approve', 'dry-run' or 'off'"),
    "a duration without unit": ("reconcile: {interval: 5}", "1: reconcile.interval: is a duration without its unit"),
    "a duration of nothing": ("reconcile: {interval: 0s}", "1: reconcile.interval: must be longer than nothing"),
    "a sexagesimal duration": ("reconcile: {interval: 12:30}", "1: reconcile.interval: '12:30' is not a duration"),
    "a pattern of namespaces": ('automation: {namespaces: ["*"]}', "1: automation.namespaces[0]: is not the name of"),
    "an address without scheme": ("public_url: fire.example.org", "1: public_url: is not an http://"),
    "a number that is none": ("max_body_bytes: many", "1: max_body_bytes: is not a whole number"),
    "a number that is too small": ("max_body_bytes: 1", "1: max_body_bytes: must be greater than or equal to 1024"),
    "a route without receivers": ("routes:\n  - policy: default", "2: routes[0].receivers: is missing"),
    "an unknown receiver": ("routes:\n  - receivers: [lag]", "2: routes[0].receivers[0]: there is no receiver 'lag'"),
    "a receiver twice": ("routes:\n  - receivers: [log, log]", "2: routes[0].receivers[1]: lists log twice"),
    "an unknown policy": (
        "routes:\n  - {receivers: [log], policy: defualt}",
        "2: routes[0].policy: there is no policy 'defualt'; did you mean default?",
    ),
    "an unknown runbook": (
        "routes:\n  - {receivers: [log], runbook: srvice-down}",
        "2: routes[0].runbook: there is no runbook 'srvice-down'; did you mean service-down?",
    ),
    "a route behind one that takes everything": (
        "routes:\n  - receivers: [log]\n  - {receivers: [log], matchers: a=b}",
        "3: routes[1]: is never reached, because routes[0] takes everything",
    ),
    "a policy that would tell nobody": (
        "routes:\n  - {receivers: [], policy: default}",
        "2: routes[0]: has no receivers, and level 1 of its policy has no targets",
    ),
    "a matcher that is none": (
        "routes:\n  - matchers:\n      - severity\n    receivers: [log]",
        "3: routes[0].matchers[0]",
    ),
    "a policy without steps": ("policies: {p: {steps: []}}", "1: policies.p.steps: is empty; list at least one"),
    "a policy with too many steps": (
        "policies: {p: {steps: [" + ", ".join(["{acknowledge_within: 1m}"] * 4) + "]}}",
        "1: policies.p.steps: has 4 steps; at most 3",
    ),
    "an unknown target": (
        "policies:\n  p:\n    steps:\n      - {acknowledge_within: 5m, targets: [nobody]}",
        "4: policies.p.steps[0].targets[0]: there is no receiver 'nobody'; known: log",
    ),
    "a cluster that nobody can reach": ("kubernetes: {}", "1: kubernetes: needs either kubeconfig: FILE or in_cluster"),
    "a cluster that is reached twice": (
        "kubernetes: {in_cluster: true, kubeconfig: x}",
        "1: kubernetes: needs either kubeconfig: FILE or in_cluster",
    ),
    "a kubeconfig that is not there": ("kubernetes: {kubeconfig: nope}", "1: kubernetes.kubeconfig: there is no file"),
    "runbooks that are not there": ("runbooks: {directory: nope}", "1: runbooks.directory: there is no folder"),
    "a user name without password": (
        "alertmanagers: {a: {url: http://x, username: u}}",
        "1: alertmanagers.a: has only one of username and password",
    ),
    "two kinds of credentials": (
        f"alertmanagers: {{a: {{url: http://x, username: u, password: {SECRET}, bearer_token: {SECRET}}}}}",
        "1: alertmanagers.a: has a bearer_token and a username",
    ),
    "a secret in an address": (
        f"prometheus: {{url: http://u:{SECRET}@x}}",
        "1: prometheus.url: holds a user name or password",
    ),
    "a secret that looks like a number": (
        "prometheus: {url: http://x, bearer_token: 12345678}",
        "1: prometheus.bearer_token: is not a text; if it looks like a number or true/false, put it in quotes",
    ),
    "a secret under a key that is none": (
        f"prometheus: {{url: http://x, bearer_tokn: {SECRET}}}",
        "1: prometheus.bearer_tokn: is not a setting; did you mean bearer_token?",
    ),
    "a receiver of no type": ("receivers: {ops: {}}", "1: receivers.ops.type: is missing; known: "),
    "a receiver of an unknown type": (
        "receivers: {ops: {type: slak}}",
        "1: receivers.ops.type: 'slak' is not a type of receiver; did you mean slack?",
    ),
    "a receiver with a strange name": ("receivers: {a b: {type: log}}", "1: receivers.a b: is not a receiver's name"),
    "a receiver that takes the log's name": (
        "receivers: {log: {type: slack}}",
        "1: receivers.log: the name log is kept for the log receiver",
    ),
    "a receiver that is a text": ("receivers: {slack: x}", "1: receivers.slack: is not a block of settings"),
    "a setting that a receiver does not have": (
        f"receivers:\n  slack:\n    token: {SECRET}\n    channel: C0123456789\n    chanel: x",
        "5: receivers.slack.chanel: is not a setting; did you mean channel?",
    ),
    "a receiver's secret that is missing": (
        "receivers:\n  slack:\n    channel: C0123456789",
        "2: receivers.slack.token: is missing; give it here, as token_file or as FIREBRIGADE_RECEIVER_SLACK_TOKEN",
    ),
    "a receiver's secret that is wrong": (
        f"receivers:\n  pagerduty:\n    routing_key: {SECRET}",
        "3: receivers.pagerduty.routing_key: ",
    ),
    "receivers whose variables are the same": (
        f"receivers:\n  a-b: {OPS}\n  a_b: {OPS}",
        "3: receivers.a_b: shares the variable FIREBRIGADE_RECEIVER_A_B_TOKEN with receivers.a-b.token; rename one",
    ),
    "an unknown time zone": (
        f"maintenance: {{w: {{{WINDOW}, cron: 0 3 * * *, duration: 1h, timezone: Europe/Berln}}}}",
        "1: maintenance.w.timezone: 'Europe/Berln' is not a time zone; did you mean Europe/Berlin?",
    ),
    "a folder of time zones": (
        f"maintenance: {{w: {{{WINDOW}, cron: 0 3 * * *, duration: 1h, timezone: Europe}}}}",
        "1: maintenance.w.timezone: 'Europe' is not a time zone",
    ),
    "a path for a time zone": (
        f"maintenance: {{w: {{{WINDOW}, cron: 0 3 * * *, duration: 1h, timezone: ../../etc/passwd}}}}",
        "1: maintenance.w.timezone: '../../etc/passwd' is not a time zone",
    ),
    "a cron expression that is none": (
        f"maintenance: {{w: {{{WINDOW}, cron: 0 25 * * *, duration: 1h}}}}",
        "1: maintenance.w.cron: ",
    ),
    "a cron expression that never comes true": (
        f"maintenance: {{w: {{{WINDOW}, cron: 0 0 31 2 *, duration: 1h}}}}",
        "1: maintenance.w.cron: cron '0 0 31 2 *' never comes true",
    ),
    "a window that never closes": (
        f"maintenance: {{w: {{{WINDOW}, cron: 0 * * * *, duration: 2h}}}}",
        "1: maintenance.w.cron: cron '0 * * * *' comes true again before",
    ),
    "a cron expression without duration": (
        f"maintenance: {{w: {{{WINDOW}, cron: 0 3 * * *}}}}",
        "1: maintenance.w.duration: is missing",
    ),
    "a window without time": (
        f"maintenance: {{w: {{{WINDOW}}}}}",
        "1: maintenance.w: needs either starts_at and ends_at",
    ),
    "a window with both kinds of time": (
        f"maintenance: {{w: {{{WINDOW}, cron: 0 3 * * *, duration: 1h, starts_at: 2026-01-01}}}}",
        "1: maintenance.w: needs either starts_at and ends_at",
    ),
    "a window that ends before it starts": (
        f"maintenance: {{w: {{{WINDOW}, starts_at: 2026-01-02, ends_at: 2026-01-01}}}}",
        "1: maintenance.w.ends_at: is not after starts_at",
    ),
    "a window without end": (
        f"maintenance: {{w: {{{WINDOW}, starts_at: 2026-01-02}}}}",
        "1: maintenance.w.ends_at: is missing",
    ),
    "a time that the clocks skip": (
        f"maintenance: {{w: {{{WINDOW}, timezone: Europe/Berlin, starts_at: 2026-03-29 02:30, ends_at: 2026-03-30}}}}",
        "1: maintenance.w.starts_at: the clock in Europe/Berlin changes then; write the time with its offset",
    ),
    "a time that comes twice": (
        f"maintenance: {{w: {{{WINDOW}, timezone: Europe/Berlin, starts_at: 2026-10-25 02:30, ends_at: 2026-10-26}}}}",
        "1: maintenance.w.starts_at: the clock in Europe/Berlin changes then",
    ),
    "a window that silences everything": (
        "maintenance: {w: {matchers: 'a=~\".*\"', owner: o, reason: r, cron: 0 3 * * *, duration: 1h}}",
        "1: maintenance.w.matchers: match even an alert without labels",
    ),
    "a heartbeat without matchers": ("heartbeats: [[]]", "1: heartbeats[0]: is empty; name at least one matcher"),
}


@pytest.mark.parametrize(("text", "said"), MISTAKES.values(), ids=MISTAKES)
def test_a_mistake_is_one_sentence_with_line_and_key(text: str, said: str, problems_of: ProblemsOf) -> None:
    (problem,) = problems_of(text)
    assert problem.startswith(said)
    assert SECRET not in problem


def test_all_mistakes_are_told_at_once_in_the_order_of_the_lines(problems_of: ProblemsOf) -> None:
    found = problems_of("""\
        automation: {mode: fast}
        routes:
          - receivers: [nobody]
            polcy: x
            policy: nothing
            matchers: a=b
          - receivers: [pager]
            policy: night
        receivers:
          pager: {type: log, loud: true}
        policies:
          night:
            steps: [{acknowledge_within: soon}]
          day:
            steps: [{acknowledge_within: 5m, targets: [ghost]}]
        maintenance:
          w: {owner: o}
    """)
    assert [problem.partition(": is")[0].partition(": there")[0].partition(": 's")[0] for problem in found] == [
        "1: automation.mode: must be 'auto', 'approve', 'dry-run' or 'off'",
        "3: routes[0].receivers[0]",
        "4: routes[0].polcy",
        "5: routes[0].policy",
        "10: receivers.pager.loud",
        "13: policies.night.steps[0].acknowledge_within",
        "15: policies.day.steps[0].targets[0]",
        "17: maintenance.w.matchers",
        "17: maintenance.w.reason",
    ]


def test_braces_without_quotes_are_a_block_to_yaml_and_the_problem_says_so(problems_of: ProblemsOf) -> None:
    found = problems_of('routes:\n  - matchers: [{severity="critical"}]\n    receivers: [log]')
    assert any(
        problem.startswith("2: routes[0].matchers[0]: is not a matcher; write a text in quotes") for problem in found
    )


def test_a_variable_that_no_receiver_takes_is_a_mistake(problems_of: ProblemsOf) -> None:
    found = problems_of("receivers:\n  slack: {channel: C0123456789}", {"FIREBRIGADE_RECEIVER_SLAK_TOKEN": SECRET})
    assert found[0] == (
        "FIREBRIGADE_RECEIVER_SLAK_TOKEN: no receiver takes it; did you mean FIREBRIGADE_RECEIVER_SLACK_TOKEN?"
    )
    assert SECRET not in "".join(found)


@pytest.mark.parametrize(
    ("content", "said"),
    [
        (None, "can't be read: No such file or directory"),
        (b"a: \xff", ":1: is not UTF-8 text"),
        (b"#" * 1_100_000, "is larger than"),
        (b"a: [", "is not valid YAML"),
    ],
    ids=["a missing file", "a binary file", "a huge file", "a broken file"],
)
def test_a_file_that_can_not_be_read_is_one_sentence(content: bytes | None, said: str, tmp_path: Path) -> None:
    path = tmp_path / "f.yaml"
    if content is not None:
        path.write_bytes(content)
    with pytest.raises(ConfigError) as caught:
        load_config(path, load_settings({}))
    assert len(caught.value.problems) == 1
    assert str(caught.value).startswith(f"{path}:")
    assert said in str(caught.value)


PLAIN = st.none() | st.booleans() | st.integers() | st.text("abAB/:.-0 ", max_size=8)
TOP = ("receivers", "routes", "policies", "automation", "kubernetes", "prometheus", "alertmanagers", "maintenance")
DEEP = ("matchers", "steps", "targets", "url", "type", "cron", "starts_at", "timezone", "duration", "slack", "log")
KEYS = st.sampled_from(TOP + DEEP)
TREES = st.recursive(
    PLAIN, lambda inner: st.lists(inner, max_size=3) | st.dictionaries(KEYS, inner, max_size=4), max_leaves=12
)


@settings(deadline=None, max_examples=50)
@given(st.dictionaries(KEYS, TREES, max_size=4))
def test_any_tree_is_a_configuration_or_a_list_of_sentences(
    tmp_path_factory: pytest.TempPathFactory, tree: dict[str, object]
) -> None:
    path = tmp_path_factory.mktemp("tree") / "f.yaml"
    path.write_text(json.dumps(tree))
    found: tuple[str, ...] = ()
    try:
        load_config(path, load_settings({}))
    except ConfigError as error:
        found = error.problems
    assert all(len(problem.splitlines()) == 1 for problem in found)

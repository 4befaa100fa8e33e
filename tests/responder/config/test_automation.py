"""What the machine may do, from the file's block to what guards and restraints are told."""

from collections.abc import Callable
from datetime import timedelta
from pathlib import Path

import pytest

from firebrigade.responder.config import Config
from firebrigade.responder.execution import build_restraints, build_storms, guard_settings
from firebrigade.responder.restraints import Restraints, Storm
from firebrigade.responder.storms import Storms
from firebrigade.runbooks.guards import HISTORY, GuardSettings
from firebrigade.runbooks.modes import AutomationMode, Modes
from firebrigade.runbooks.registry import action_classes

ConfigOf = Callable[..., Config]
RISK_OF = {name: action.RISK for name, action in action_classes().items()}


def test_without_the_block_everything_is_planned_and_nothing_is_allowed(config_of: ConfigOf) -> None:
    config = config_of("receivers: {log: {}}")
    cooldown = timedelta(minutes=10)
    modes = Modes(mode=AutomationMode.DRY_RUN, risk_of=RISK_OF)
    assert guard_settings(config.automation) == GuardSettings(modes=modes, cooldown=cooldown)
    assert build_restraints(config) == Restraints(modes=modes)


def test_every_setting_reaches_its_guard(config_of: ConfigOf, tmp_path: Path) -> None:
    config = config_of("""
        automation:
          mode: auto
          off_file: off
          namespaces: [shop]
          nodes: ['worker-*']
          allow_actions: [restart_pod, recover_agent]
          deny_actions: [scale_deployment]
          allow_targets: ['shop/*', 'agent/agent-0?']
          deny_targets: ['shop/db']
          cooldown: 1h
          runs_per_hour: 7
          runs_per_hour_per_target: 5
          repairs_per_day: 2
          storm_incidents: 4
          storm_within: 3m
          storm_holds_pages_for: 20m
          steps_at_once: 3
          max_pods_taken: 6
          max_unready_percent: 25
        maintenance:
          upgrade:
            matchers: ['namespace="shop"']
            starts_at: 2026-12-05T22:00:00Z
            ends_at: 2026-12-06T02:00:00Z
            owner: platform
            reason: CHG-1042
    """)
    assert guard_settings(config.automation) == GuardSettings(
        modes=Modes(risk_of=RISK_OF),
        namespaces=frozenset({"shop"}),
        nodes=("worker-*",),
        allow_actions=frozenset({"restart_pod", "recover_agent"}),
        deny_actions=frozenset({"scale_deployment"}),
        allow_targets=("shop/*", "agent/agent-0?"),
        deny_targets=("shop/db",),
        cooldown=timedelta(hours=1),
        runs_per_hour=7,
        runs_per_hour_per_target=5,
        repairs_per_day=2,
        steps_at_once=3,
        max_pods_taken=6,
        max_unready_percent=25,
    )
    assert build_restraints(config) == Restraints(
        storm=Storm(incidents=4, within=timedelta(minutes=3)),
        maintenance=config.maintenance,
        off_file=tmp_path / "off",
        modes=Modes(risk_of=RISK_OF),
    )
    assert build_storms(config.automation) == Storms(
        incidents=4, within=timedelta(minutes=3), holds_pages_for=timedelta(minutes=20)
    )
    assert [window.name for window in config.maintenance] == ["upgrade"]


def test_an_empty_list_allows_nothing_and_a_missing_one_everything(config_of: ConfigOf) -> None:
    empty = guard_settings(config_of("automation: {allow_actions: [], allow_targets: []}").automation)
    missing = guard_settings(config_of("automation: {mode: auto}").automation)
    assert (empty.allow_actions, empty.allow_targets) == (frozenset(), ())
    assert (missing.allow_actions, missing.allow_targets) == (None, None)


@pytest.mark.parametrize(
    ("line", "problem"),
    [
        pytest.param(
            "deny_actions: [restart_pods]",
            "automation.deny_actions[0]: there is no action 'restart_pods'; did you mean restart_pod?",
            id="a denied action that does not exist",
        ),
        pytest.param(
            "allow_actions: [restart_pod, reboot]",
            "automation.allow_actions[1]: there is no action 'reboot'; known: " + ", ".join(sorted(action_classes())),
            id="an allowed action that does not exist",
        ),
        pytest.param(
            "deny_targets: [ryot]",
            "automation.deny_targets[0]: is not a pattern of targets; write NAMESPACE/NAME with * and ?,"
            " agent/NAME or node/NAME",
            id="a target without its namespace",
        ),
        pytest.param(
            "nodes: [Worker/1]",
            "automation.nodes[0]: is not a pattern of nodes' names; write a name with * and ?",
            id="a node with a slash",
        ),
        pytest.param("runs_per_hour: 0", "automation.runs_per_hour: must be greater than or equal to 1", id="no runs"),
        pytest.param(
            "max_unready_percent: 101",
            "automation.max_unready_percent: must be less than or equal to 100",
            id="more than all",
        ),
        pytest.param(
            "cooldown: 25h",
            "automation.cooldown: is longer than a day; the guards look no further back",
            id="a cooldown that nobody remembers",
        ),
        pytest.param(
            "storm_within: 0", "automation.storm_within: must be longer than nothing", id="a storm in no time"
        ),
        pytest.param(
            "storm_holds_pages_for: -1m",
            "automation.storm_holds_pages_for: '-1m' is not a duration; write it as in 30s, 5m or 1h30m",
            id="pages that are held for less than nothing",
        ),
        pytest.param(
            "off_fil: off", "automation.off_fil: is not a setting; did you mean off_file?", id="a misspelt off file"
        ),
        pytest.param(
            'off_file: "off\\0"', "automation.off_file: is not the path of a file", id="an off file that can't be"
        ),
    ],
)
def test_a_mistake_is_said_with_its_line_and_key(
    problems_of: Callable[..., list[str]], line: str, problem: str
) -> None:
    assert problems_of(f"automation:\n  mode: auto\n  {line}\n") == [f"3: {problem}"]


def test_an_off_file_in_a_folder_that_is_not_there_is_a_mistake(
    problems_of: Callable[..., list[str]], tmp_path: Path
) -> None:
    wanted = f"1: automation.off_file: there is no folder {tmp_path}/etc; make it, or correct the path"
    assert problems_of("automation: {off_file: etc/off}\n") == [wanted]


def test_the_longest_cooldown_is_as_far_as_the_guards_look_back(config_of: ConfigOf) -> None:
    assert config_of("automation: {cooldown: 1d}").automation.cooldown == HISTORY

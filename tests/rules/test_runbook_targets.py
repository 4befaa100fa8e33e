"""Which labels a runbook's actions and checks need, read from its front matter as data."""

from pathlib import Path

import pytest

from firebrigade.rules import library, runbook_targets

RUNBOOK = """\
---
title: It is broken
alerts: [Broken]
steps:
  - name: Restart it
    action: restart_pod
    target: {namespace: {label: namespace}, name: {label: [pod, deployment]}, kind: pod}
    verify: {query: 'min(up{deployment="$deployment"}) == bool 1'}
  - name: Again
    action: restart_pod
    target: {namespace: shop, name: {label: namespace}}
---
# It is broken
"""


def test_what_is_needed_is_said_once(tmp_path: Path) -> None:
    (tmp_path / "broken.md").write_text(RUNBOOK)
    assert runbook_targets.of(tmp_path) == {
        "broken": (frozenset({"namespace"}), frozenset({"pod", "deployment"}), frozenset({"deployment"}))
    }


@pytest.mark.parametrize(
    "text",
    [
        pytest.param("# no front matter", id="no front matter"),
        pytest.param("---\nsteps: []\n---\n", id="no steps"),
        pytest.param("---\nsteps: {a: b}\n---\n", id="steps that are no list"),
        pytest.param("---\nsteps: [1, {target: x, verify: y}]\n---\n", id="steps that are none"),
        pytest.param("---\na: [\n---\n", id="no YAML"),
        pytest.param("---\n- a\n---\n", id="no mapping"),
        pytest.param("---\nsteps: [{target: {name: {label: }}}]\n---\n", id="an empty label"),
    ],
)
def test_a_runbook_that_can_not_be_understood_needs_nothing(text: str, tmp_path: Path) -> None:
    (tmp_path / "odd.md").write_text(text)
    assert runbook_targets.of(tmp_path) == {"odd": ()}


def test_the_bundled_runbooks_that_act_need_labels() -> None:
    assert frozenset({"agent_id"}) in library.surroundings().targets["agent-failure"]
    assert library.surroundings().targets["pipeline"] == ()

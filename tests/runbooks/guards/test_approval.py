"""Which plans a person has to approve, and that everything else says no first."""

from datetime import timedelta
from typing import Any

import pytest

from firebrigade.runbooks.contract import RefusalReason


@pytest.mark.parametrize(
    ("settings", "expected"),
    [
        pytest.param({}, None, id="none"),
        pytest.param({"approve": True}, RefusalReason.APPROVAL, id="all of them"),
        pytest.param({"approve_actions": {"restart_pod"}}, RefusalReason.APPROVAL, id="those of this action"),
        pytest.param({"approve_actions": {"scale_deployment"}}, None, id="those of another action"),
        pytest.param({"approve": True, "dry_run": True}, RefusalReason.DRY_RUN, id="not in a dry run"),
        pytest.param({"approve": True, "automation": False}, RefusalReason.OFF, id="not while it is off"),
        pytest.param({"approve": True, "namespaces": frozenset()}, RefusalReason.NAMESPACE, id="not elsewhere"),
    ],
)
def test_a_person_approves(asked: Any, plan: Any, settings: dict[str, Any], expected: RefusalReason | None) -> None:
    assert asked(plan(), **settings) is expected


def test_nobody_is_asked_about_what_was_just_done(asked: Any, plan: Any, past: Any) -> None:
    settings = {"approve": True, "cooldown": timedelta(minutes=10)}
    assert asked(plan(), past(timedelta(minutes=9)), **settings) is RefusalReason.COOLDOWN
    assert asked(plan(), past(timedelta(minutes=11)), **settings) is RefusalReason.APPROVAL

"""What is asked before something is read: what must not be touched is not looked into either."""

from typing import Any, ClassVar

import pytest

from firebrigade.runbooks.contract import ActionParams, Refusal, RefusalReason, Risk, RunbookStep, Target
from firebrigade.runbooks.executor import RunbookExecutor
from firebrigade.runbooks.guards import GuardSettings, reading_guards_for
from firebrigade.runbooks.modes import AutomationMode, Modes
from firebrigade.runbooks.readings import Asked, Reading

SHOP = frozenset({"shop"})
DRY = Modes(mode=AutomationMode.DRY_RUN)
OFF = Modes(mode=AutomationMode.OFF)


class Look:
    """An action that reads, and remembers what it was asked to look at."""

    NAME: ClassVar[str] = "look"
    Params: ClassVar[type[ActionParams]] = ActionParams
    RISK: ClassVar[Risk] = Risk.READ
    RIGHTS: ClassVar[tuple[Any, ...]] = ()
    RESULTS: ClassVar[tuple[str, ...]] = ()

    def __init__(self, kind: str) -> None:
        self.TARGET_KIND = kind
        self.looked: list[Target | None] = []

    def read(self, target: Target | None, params: ActionParams, asked: Asked) -> Reading:
        self.looked.append(target)
        return Reading(result="seen", summary="Seen.")


def outcome(now: Any, kind: str, labels: dict[str, str], **settings: Any) -> Any:
    look: Any = Look(kind)
    executor = RunbookExecutor({}, (), None, {"look": look}, reading_guards_for(GuardSettings(**settings)))
    target = {"namespace": {"label": "namespace"}, "name": {"label": kind}} if kind else {}
    step = RunbookStep(name="Look", action="look", target=target)
    found = executor.read(step, "step-1", Asked(labels=labels, now=now))
    if isinstance(found, Refusal):
        assert look.looked == []
        return found.reason
    return look.looked


LABELS = {"namespace": "shop", "deployment": "checkout"}
CHECKOUT = Target(kind="deployment", namespace="shop", name="checkout")


@pytest.mark.parametrize(
    ("settings", "wanted"),
    [
        pytest.param({"namespaces": SHOP}, [CHECKOUT], id="allowed"),
        pytest.param({}, RefusalReason.NAMESPACE, id="a namespace that is not named"),
        pytest.param({"namespaces": SHOP, "deny_actions": {"look"}}, RefusalReason.NOT_ALLOWED, id="a denied action"),
        pytest.param(
            {"namespaces": SHOP, "deny_targets": ("shop/*",)}, RefusalReason.NOT_ALLOWED, id="a denied target"
        ),
        pytest.param({"namespaces": SHOP, "modes": DRY}, [CHECKOUT], id="a dry run reads"),
        pytest.param(
            {"namespaces": SHOP, "modes": OFF},
            [CHECKOUT],
            id="switched off, nothing is changed",
        ),
    ],
)
def test_only_what_may_be_touched_is_looked_into(plan: Any, settings: dict[str, Any], wanted: Any) -> None:
    assert outcome(plan().planned_at, "deployment", LABELS, **settings) == wanted


def test_a_name_that_is_not_valid_is_never_looked_at(plan: Any) -> None:
    labels = {**LABELS, "deployment": "../secrets"}
    assert outcome(plan().planned_at, "deployment", labels, namespaces=SHOP) is RefusalReason.INVALID_TARGET


@pytest.mark.parametrize(
    ("settings", "wanted"),
    [
        pytest.param({"allow_targets": ("shop/*",)}, [None], id="lists of targets are not about it"),
        pytest.param({"allow_actions": {"other"}}, RefusalReason.NOT_ALLOWED, id="lists of actions are"),
    ],
)
def test_a_look_at_nothing_in_particular_needs_no_namespace(plan: Any, settings: Any, wanted: Any) -> None:
    assert outcome(plan().planned_at, "", LABELS, **settings) == wanted

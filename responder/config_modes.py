"""The modes of firebrigade.yaml's block ``automation``: of environments, namespaces and risks, their names checked.

``config_automation.py`` calls it. A mode for something that does not exist is a problem, because somebody relies on it.
"""

from collections.abc import Mapping, Sequence

from firebrigade.responder.config_file import AutomationBlock, EnvironmentBlock
from firebrigade.responder.config_problems import KeyPath, Problems, did_you_mean
from firebrigade.runbooks.contract import Risk
from firebrigade.runbooks.modes import AutomationMode, Environment, Modes
from firebrigade.runbooks.registry import action_classes

_AUTOMATION = "automation"


def build_modes(block: AutomationBlock, problems: Problems) -> Modes:
    """Return every mode that is set; a name that nothing has is a problem, and so is a target in two environments."""
    for place in block.modes.namespaces:
        _check_namespace(place, block.namespaces, (_AUTOMATION, "modes", "namespaces", place), problems)
    _check_environments(block, problems)
    risks = {Risk(name): mode for name, mode in block.modes.risks if mode is not None}
    return Modes(
        mode=block.mode,
        environments=tuple(_environment(name, held) for name, held in block.environments.items()),
        namespaces=dict(block.modes.namespaces),
        risks=risks,
        approve_risk=Risk(block.approve_risk) if block.approve_risk else None,
        approve_actions=frozenset(block.approve_actions),
        risk_of={name: action.RISK for name, action in action_classes().items()},
    )


def asking_setting(modes: Modes) -> KeyPath | None:
    """Return the first setting that makes plans wait for a person, or None: none does."""
    if modes.mode.strictness > AutomationMode.APPROVE.strictness:
        return None
    asking = (key for key, asks in _settings(modes).items() if asks)
    return next(((_AUTOMATION, *key) for key in asking), None)


def _settings(modes: Modes) -> Mapping[KeyPath, bool]:
    approve = AutomationMode.APPROVE
    return {
        ("mode",): modes.mode is approve,
        **{("environments", one.name, "mode"): one.mode is approve for one in modes.environments},
        **{("modes", "namespaces", name): mode is approve for name, mode in modes.namespaces.items()},
        **{("modes", "risks", risk.value): mode is approve for risk, mode in modes.risks.items()},
        ("approve_risk",): modes.approve_risk is not None,
        ("approve_actions",): bool(modes.approve_actions),
    }


def _environment(name: str, block: EnvironmentBlock) -> Environment:
    return Environment(name=name, mode=block.mode, namespaces=frozenset(block.namespaces), kinds=frozenset(block.kinds))


def _check_environments(block: AutomationBlock, problems: Problems) -> None:
    first: dict[str, str] = {}
    for name, held in block.environments.items():
        path: KeyPath = (_AUTOMATION, "environments", name)
        if not held.namespaces and not held.kinds:
            problems.add(path, "holds nothing; list namespaces, or kinds of what is in no namespace")
        for position, place in enumerate(held.namespaces):
            _check_namespace(place, block.namespaces, (*path, "namespaces", position), problems)
            _check_once(f"namespace {place}", name, first, (*path, "namespaces", position), problems)
        for position, kind in enumerate(held.kinds):
            _check_once(f"kind {kind}", name, first, (*path, "kinds", position), problems)


def _check_namespace(place: str, allowed: Sequence[str], path: KeyPath, problems: Problems) -> None:
    if place not in allowed:
        text = f"nothing may be changed in {place}: it is none of automation.namespaces{did_you_mean(place, allowed)}"
        problems.add(path, text)


def _check_once(what: str, name: str, first: dict[str, str], path: KeyPath, problems: Problems) -> None:
    if what in first:
        problems.add(path, f"{what} is in environment {first[what]} already; what is in two has no mode that is clear")
    first.setdefault(what, name)

"""What the machine may do, from firebrigade.yaml's block ``automation``, with the names and paths in it checked.

``config.py`` calls this, ``execution.py`` makes guards and restraints of it.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path

from firebrigade.responder.config_file import AutomationBlock
from firebrigade.responder.config_modes import asking_setting, build_modes
from firebrigade.responder.config_problems import KeyPath, Problems, did_you_mean
from firebrigade.responder.config_secrets import relative_to
from firebrigade.runbooks.modes import AutomationMode, Modes
from firebrigade.runbooks.registry import action_classes


@dataclass(frozen=True, slots=True, kw_only=True)
class AutomationSettings:
    """What runbooks may do; see ``AutomationBlock`` for what each setting is. None as a list allows everything."""

    modes: Modes
    off_file: Path | None
    namespaces: tuple[str, ...]
    nodes: tuple[str, ...]
    allow_actions: tuple[str, ...] | None
    deny_actions: tuple[str, ...]
    allow_targets: tuple[str, ...] | None
    deny_targets: tuple[str, ...]
    cooldown: timedelta
    runs_per_hour: int
    runs_per_hour_per_target: int
    repairs_per_day: int
    storm_incidents: int
    storm_within: timedelta
    storm_holds_pages_for: timedelta
    steps_at_once: int
    max_pods_taken: int
    max_unready_percent: int
    approve_within: timedelta
    wait_for_lock: timedelta

    def switched_on(self) -> frozenset[str]:
        """Return the names of the actions that are allowed and not denied."""
        allowed = action_classes().keys() if self.allow_actions is None else self.allow_actions
        return frozenset(allowed) - frozenset(self.deny_actions)

    @property
    def mode(self) -> AutomationMode:
        """The mode of the whole installation."""
        return self.modes.mode

    @property
    def asked_by(self) -> KeyPath | None:
        """The setting that makes plans wait for a person, or None: none does."""
        return asking_setting(self.modes)


def build_automation(block: AutomationBlock, problems: Problems) -> AutomationSettings:
    """Return the settings; a denial that names nothing is a problem, because somebody relies on it."""
    for key in ("allow_actions", "deny_actions", "approve_actions"):
        _check_actions(getattr(block, key) or (), key, problems)
    return AutomationSettings(
        modes=build_modes(block, problems),
        off_file=_off_file(block.off_file, problems),
        namespaces=tuple(block.namespaces),
        nodes=tuple(block.nodes),
        allow_actions=None if block.allow_actions is None else tuple(block.allow_actions),
        deny_actions=tuple(block.deny_actions),
        allow_targets=None if block.allow_targets is None else tuple(block.allow_targets),
        deny_targets=tuple(block.deny_targets),
        cooldown=block.cooldown,
        runs_per_hour=block.runs_per_hour,
        runs_per_hour_per_target=block.runs_per_hour_per_target,
        repairs_per_day=block.repairs_per_day,
        storm_incidents=block.storm_incidents,
        storm_within=block.storm_within,
        storm_holds_pages_for=block.storm_holds_pages_for,
        steps_at_once=block.steps_at_once,
        max_pods_taken=block.max_pods_taken,
        max_unready_percent=block.max_unready_percent,
        approve_within=block.approve_within,
        wait_for_lock=block.wait_for_lock,
    )


def _check_actions(names: Sequence[str], key: str, problems: Problems) -> None:
    known = action_classes()
    for position, name in enumerate(names):
        if name not in known:
            problems.add(("automation", key, position), f"there is no action {name[:60]!r}{did_you_mean(name, known)}")


def _off_file(written: str, problems: Problems) -> Path | None:
    if not written:
        return None
    path = relative_to(problems.source, written)
    # The file itself is there only when automation is to stop; a wrong folder would be noticed then, which is too late.
    if not path.parent.is_dir():
        problems.add(("automation", "off_file"), f"there is no folder {path.parent}; make it, or correct the path")
    return path

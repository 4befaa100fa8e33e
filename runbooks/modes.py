"""How far the machine may go with one target: modes of the installation, of environments, namespaces and risks. Pure.

Guards ask `Modes.decide`; the strictest mode that applies wins, so that no setting ever takes back what a stricter one
says. What an environment holds is told by the target itself and never by an alert's labels, which anybody can send.
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from enum import StrEnum

from firebrigade.runbooks.contract import Risk, Target

RISKS = (Risk.READ, Risk.LOW, Risk.MEDIUM, Risk.HIGH)
DEFAULT_ENVIRONMENT = "default"  # of everything, where no environments are named


class AutomationMode(StrEnum):
    """What the machine may do by configuration, least strict first; the off switch is beside it."""

    AUTO = "auto"
    APPROVE = "approve"  # a person approves each plan
    DRY_RUN = "dry-run"
    OFF = "off"

    @property
    def strictness(self) -> int:
        """A number that is the higher the less may be done."""
        return list(AutomationMode).index(self)


@dataclass(frozen=True, slots=True, kw_only=True)
class Environment:
    """A part of what the machine may change, with a mode of its own.

    Attributes:
        mode: None sets none.
        kinds: of targets that are in no namespace: ``agent``, ``node``, ``endpoint``, ``alert``.
    """

    name: str
    mode: AutomationMode | None = None
    namespaces: frozenset[str] = frozenset()
    kinds: frozenset[str] = frozenset()

    def holds(self, target: Target) -> bool:
        """Return whether a target is in it."""
        return target.namespace in self.namespaces if target.namespace else target.kind in self.kinds


@dataclass(frozen=True, slots=True, kw_only=True)
class Ruling:
    """Which mode a target gets, and the key of firebrigade.yaml that says so."""

    mode: AutomationMode
    setting: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Modes:
    """Every mode that is set.

    Attributes:
        mode: of the whole installation.
        environments: no two of them hold the same target. Where there are some, a target in none is only planned.
        namespaces: modes of single namespaces.
        risks: modes of actions from a risk on.
        approve_risk: from this risk on, a person approves; the older way to write one of ``risks``.
        approve_actions: the actions whose plans a person approves.
        risk_of: the risk of each action; one that is not named here counts as high.
    """

    mode: AutomationMode = AutomationMode.AUTO
    environments: tuple[Environment, ...] = ()
    namespaces: Mapping[str, AutomationMode] = field(default_factory=dict)
    risks: Mapping[Risk, AutomationMode] = field(default_factory=dict)
    approve_risk: Risk | None = None
    approve_actions: frozenset[str] = frozenset()
    risk_of: Mapping[str, Risk] = field(default_factory=dict)

    def decide(self, action: str, target: Target) -> Ruling:
        """Return the strictest mode that applies to an action on a target; of several, the first one below."""
        return max(self._applying(action, target), key=lambda ruling: ruling.mode.strictness)

    def environment_of(self, target: Target) -> str:
        """Return the name of the environment that holds a target; empty: none does."""
        if not self.environments:
            return DEFAULT_ENVIRONMENT
        return next((one.name for one in self.environments if one.holds(target)), "")

    def _applying(self, action: str, target: Target) -> Iterator[Ruling]:
        yield Ruling(mode=self.mode, setting="automation.mode")
        yield from self._of_environment(target)
        if target.namespace in self.namespaces:
            setting = f"automation.modes.namespaces.{target.namespace}"
            yield Ruling(mode=self.namespaces[target.namespace], setting=setting)
        yield from self._of_risk(self.risk_of.get(action, Risk.HIGH))
        if action in self.approve_actions:
            yield Ruling(mode=AutomationMode.APPROVE, setting="automation.approve_actions")

    def _of_environment(self, target: Target) -> Iterator[Ruling]:
        if not self.environments:
            return
        held = next((one for one in self.environments if one.holds(target)), None)
        if held is None:
            what = f"namespace {target.namespace}" if target.namespace else f"kind {target.kind}"
            # Somebody who tells environments apart has forgotten this one: it may be the one that matters most.
            setting = f"automation.environments, none of which has {what}"
            yield Ruling(mode=AutomationMode.DRY_RUN, setting=setting)
        elif held.mode is not None:
            yield Ruling(mode=held.mode, setting=f"automation.environments.{held.name}.mode")

    def _of_risk(self, risk: Risk) -> Iterator[Ruling]:
        """A mode holds from its risk on: what is riskier is never let through more easily."""
        for least, mode in self.risks.items():
            if RISKS.index(risk) >= RISKS.index(least):
                yield Ruling(mode=mode, setting=f"automation.modes.risks.{least.value}")
        if self.approve_risk is not None and RISKS.index(risk) >= RISKS.index(self.approve_risk):
            yield Ruling(mode=AutomationMode.APPROVE, setting="automation.approve_risk")

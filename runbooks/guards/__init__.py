"""Reasons not to act, each a pure function of the plan, what was done before, and the time.

The executor asks them in the order of ``guards_for``: the first refusal wins. None of them reads anything: what was
done before comes from the caller, who reads it in the transaction that writes the intent down, so that one of two steps
that would disturb each other is refused. What only the responder knows (switches, incidents, maintenance) is decided
there.
"""

from dataclasses import dataclass, field
from datetime import timedelta

from firebrigade.runbooks.contract import Guard
from firebrigade.runbooks.guards.blast_radius import BlastRadius
from firebrigade.runbooks.guards.history import Cooldown, Flapping, Lock, RunsPerHour, StepsAtOnce
from firebrigade.runbooks.guards.modes import DryRun, NeedsApproval, OffMode
from firebrigade.runbooks.guards.scope import AllowedActions, AllowedNamespaces, AllowedTargets, ScopeGuard
from firebrigade.runbooks.modes import Modes

HISTORY = timedelta(hours=24)  # how far back the guards look; a cooldown can't be longer


@dataclass(frozen=True, slots=True, kw_only=True)
class GuardSettings:
    """What the machine may do.

    Attributes:
        modes: how far it may go with which target.
        namespaces: the namespaces in which something may be changed; none unless named. An agent is in none:
            whoever configured the supervisor's address has allowed its agents.
        nodes: patterns of the names of the nodes that may be changed; none unless named.
        allow_actions: the only actions that are allowed; None allows all.
        deny_actions: actions that are never allowed.
        allow_targets: ``namespace/name`` patterns (``agent/name``, ``node/name``) of the only targets that are allowed;
            None allows all.
        deny_targets: patterns of targets that are never touched.
        cooldown: how long after an action the same action leaves the same target alone.
        runs_per_hour: how many steps may be applied in an hour altogether.
        runs_per_hour_per_target: how many of them to one workload or agent.
        repairs_per_day: what was repaired so often within 24 hours is left to people.
        steps_at_once: how many steps may be under way at the same time.
        max_pods_taken: how many ready pods one change may take away at once, however large its workload.
        max_unready_percent: how much of a workload of several pods may be not ready after a change that takes ready
            pods away.
    """

    modes: Modes = field(default_factory=Modes)
    namespaces: frozenset[str] = frozenset()
    nodes: tuple[str, ...] = ()
    allow_actions: frozenset[str] | None = None
    deny_actions: frozenset[str] = frozenset()
    allow_targets: tuple[str, ...] | None = None
    deny_targets: tuple[str, ...] = ()
    cooldown: timedelta = timedelta(minutes=15)
    runs_per_hour: int = 20
    runs_per_hour_per_target: int = 4
    repairs_per_day: int = 3
    steps_at_once: int = 5
    max_pods_taken: int = 10
    max_unready_percent: int = 50


def reading_guards_for(settings: GuardSettings) -> tuple[Guard, ...]:
    """Return the guards that are asked before something is read: what must not be touched is not looked into either.

    A log of another namespace would be shown to everybody who reads the incident. The rest is about changes: a dry run
    reads too.
    """
    return (
        AllowedNamespaces(namespaces=settings.namespaces, nodes=settings.nodes),
        AllowedActions(allow_only=settings.allow_actions, deny=settings.deny_actions),
        AllowedTargets(allow_only=settings.allow_targets, deny=settings.deny_targets),
    )


def scope_for(settings: GuardSettings) -> tuple[ScopeGuard, ...]:
    """Return the guards that are asked before a plan is made: they need none, and planning may not even be allowed."""
    return (
        OffMode(modes=settings.modes),
        AllowedNamespaces(namespaces=settings.namespaces, nodes=settings.nodes),
        AllowedActions(allow_only=settings.allow_actions, deny=settings.deny_actions),
    )


def guards_for(settings: GuardSettings) -> tuple[Guard, ...]:
    """Return the guards in the order in which they are asked.

    Dry run comes after the others, so that it shows what else would refuse; approval last, so that nobody is asked to
    approve what is refused.
    """
    return (
        OffMode(modes=settings.modes),
        AllowedNamespaces(namespaces=settings.namespaces, nodes=settings.nodes),
        AllowedActions(allow_only=settings.allow_actions, deny=settings.deny_actions),
        AllowedTargets(allow_only=settings.allow_targets, deny=settings.deny_targets),
        Lock(),
        StepsAtOnce(most=settings.steps_at_once),
        Cooldown(cooldown=settings.cooldown),
        Flapping(repairs_per_day=settings.repairs_per_day),
        RunsPerHour(on_one_target=settings.runs_per_hour_per_target, altogether=settings.runs_per_hour),
        BlastRadius(max_pods_taken=settings.max_pods_taken, max_unready_percent=settings.max_unready_percent),
        DryRun(modes=settings.modes),
        NeedsApproval(modes=settings.modes),
    )

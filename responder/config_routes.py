"""Routes and escalation policies: from the file's blocks to records, with every name that they refer to checked.

``config.py`` calls this. The defaults for a file without routes are here too. Pure.
"""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import timedelta

from firebrigade.responder.config_file import PolicyBlock, RouteBlock
from firebrigade.responder.config_problems import KeyPath, Problems, did_you_mean
from firebrigade.responder.config_receivers import LOG, ReceiverSettings
from firebrigade.responder.config_types import flat
from firebrigade.responder.matchers import Matcher
from firebrigade.responder.model import EscalationPolicy, EscalationStep, Route

DEFAULT_POLICY = EscalationPolicy(
    name="default",
    steps=(
        EscalationStep(level=1, acknowledge_within=timedelta(minutes=5)),
        EscalationStep(level=2, acknowledge_within=timedelta(minutes=10)),
        EscalationStep(level=3, acknowledge_within=timedelta(minutes=15)),
    ),
    repeat=1,
)
_PAGES = ("pagerduty", "slack", "email")


def build_policies(
    blocks: Mapping[str, PolicyBlock], receivers: Collection[str], problems: Problems
) -> dict[str, EscalationPolicy]:
    """Return the policies by name; ``default`` is always among them.

    Args:
        blocks: the policies as written.
        receivers: the names that a step may tell.
        problems: what is wrong is added here.
    """
    policies = {DEFAULT_POLICY.name: DEFAULT_POLICY}
    for name, block in blocks.items():
        for position, step in enumerate(block.steps):
            path = ("policies", name, "steps", position, "targets")
            check_names(step.targets, receivers, path, "receiver", problems)
        policies[name] = _policy(name, block)
    return policies


def _policy(name: str, block: PolicyBlock) -> EscalationPolicy:
    steps = tuple(
        EscalationStep(level=level, acknowledge_within=step.acknowledge_within, targets=tuple(step.targets))
        for level, step in enumerate(block.steps, start=1)
    )
    return EscalationPolicy(
        name=name,
        steps=steps,
        repeat=block.repeat,
        automation=block.automation,
        resolve_within=block.resolve_within,
        page_after=block.page_after,
    )


def check_names(names: Sequence[str], known: Collection[str], path: KeyPath, kind: str, problems: Problems) -> None:
    """Add a problem for each name that is unknown or listed twice."""
    for position, name in enumerate(names):
        if name not in known:
            problems.add((*path, position), f"there is no {kind} {name!r}{did_you_mean(name, known)}")
        elif name in names[:position]:
            problems.add((*path, position), f"lists {name} twice; keep one")


@dataclass(frozen=True, slots=True, kw_only=True)
class Names:
    """What a route may name. A policy with a problem of its own is None: known, but not to be looked into."""

    receivers: Collection[str]
    policies: Mapping[str, EscalationPolicy | None]
    runbooks: Collection[str]


def build_routes(blocks: Sequence[RouteBlock | None], names: Names, problems: Problems) -> tuple[Route, ...]:
    """Return the routes in their order.

    Args:
        blocks: the routes as written; None where one had a problem already.
        names: what they may name.
        problems: what is wrong is added here.
    """
    takes_all: int | None = None
    for position, block in enumerate(blocks):
        path: KeyPath = ("routes", position)
        if takes_all is not None:
            problems.add(path, f"is never reached, because routes[{takes_all}] takes everything; move that one last")
        if block is not None:
            _check_route(block, names, path, problems)
            takes_all = position if takes_all is None and not flat(block.matchers) else takes_all
    return tuple(
        Route(
            matchers=flat(block.matchers), receivers=tuple(block.receivers), policy=block.policy, runbook=block.runbook
        )
        for block in blocks
        if block is not None
    )


def _check_route(block: RouteBlock, names: Names, path: KeyPath, problems: Problems) -> None:
    check_names(block.receivers, names.receivers, (*path, "receivers"), "receiver", problems)
    _check_reference(block.policy, names.policies, (*path, "policy"), "policy", problems)
    _check_reference(block.runbook, names.runbooks, (*path, "runbook"), "runbook", problems)
    _check_somebody(block, names.policies.get(block.policy), path, problems)


def _check_reference(name: str, known: Collection[str], path: KeyPath, kind: str, problems: Problems) -> None:
    if name and name not in known:
        problems.add(path, f"there is no {kind} {name!r}{did_you_mean(name, known)}")


def _check_somebody(block: RouteBlock, policy: EscalationPolicy | None, path: KeyPath, problems: Problems) -> None:
    silent = [step.level for step in policy.steps if not step.targets] if policy and not block.receivers else []
    if silent:
        problems.add(
            path, f"has no receivers, and level {silent[0]} of its policy has no targets: it would tell nobody"
        )


def default_routes(receivers: Mapping[str, ReceiverSettings]) -> tuple[Route, ...]:
    """Return the routes of a file that has none: critical pages, warning goes to Slack, info to the log.

    What is not configured falls back: critical to the log, warning to email and then to the log. Other severities
    are treated as warnings, so that a misspelled label loses nothing.
    """
    pages = _of_types(receivers, _PAGES)
    mild = _of_types(receivers, ("slack",)) or _of_types(receivers, ("email",)) or (LOG,)
    return (
        Route(matchers=_severity("critical"), receivers=pages or (LOG,), policy=DEFAULT_POLICY.name),
        Route(matchers=_severity("warning"), receivers=mild),
        Route(matchers=_severity("info"), receivers=(LOG,)),
        Route(matchers=(), receivers=mild),
    )


def _severity(value: str) -> tuple[Matcher, ...]:
    return (Matcher("severity", "=", value),)


def _of_types(receivers: Mapping[str, ReceiverSettings], types: Collection[str]) -> tuple[str, ...]:
    return tuple(name for name, receiver in receivers.items() if receiver.type in types)

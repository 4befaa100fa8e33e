"""OpenSLO's alert policies as tiers: burn-rate conditions with their own windows, severities and notification targets.

``openslo.py`` calls ``alerts``. An SLO without policies has no alerts: OpenSLO knows none that nobody asked for.
"""

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import timedelta
from typing import Literal

from firebrigade.rules import durations
from firebrigade.rules.document import Document, KeyPath
from firebrigade.rules.durations import Duration
from firebrigade.rules.formats.openslo_policies import AlertCondition, AlertPolicy, ConditionSpec, PolicySpec, PolicyUse
from firebrigade.rules.formats.references import Found, Reference
from firebrigade.rules.formats.shelf import Shelf
from firebrigade.rules.library import Server
from firebrigade.rules.problems import Problem, RulesError
from firebrigade.rules.slo import prover
from firebrigade.rules.slo.objectives import Extra
from firebrigade.rules.windows import Tier

# Words that people use for what wakes somebody, and for what nobody must do anything about.
_PAGES = frozenset({"page", "critical", "high", "emergency", "fatal", "sev0", "sev1", "p0", "p1"})
_INFOS = frozenset({"info", "information", "informational", "none"})
# The SRE workbook's: the short window is a twelfth of the long one.
_TWELFTH = 12


@dataclass(frozen=True, slots=True, kw_only=True)
class Alert:
    """One condition of an SLO's policies: a tier, and what its alert carries."""

    tier: Tier
    extra: Extra


def alerts(
    policies: Sequence[PolicyUse], at: KeyPath, source: Document, shelf: Shelf, period: Duration, server: Server
) -> tuple[Alert, ...]:
    """Return an SLO's alerts.

    Args:
        policies: as the SLO names them.
        at: where it does.
        source: in which document.
        shelf: where policies and conditions are looked up.
        period: of the SLO.
        server: whose scrapes the short windows must hold.

    Raises:
        RulesError: a reference leads nowhere, a condition can't be one, or is there twice.
    """
    made: list[Alert] = []
    problems: list[Problem] = []
    for number, use in enumerate(policies):
        here: KeyPath = (*at, number)
        try:
            for condition, targets in _conditions(_policy(use, here, source, shelf), shelf):
                alert = _alert(condition, targets, period, server)
                if any(alert.tier.tier == other.tier.tier for other in made):
                    message = f"{alert.tier.tier} is the condition of another policy already; leave one of them"
                    problems.append(source.problem(here, message))
                made.append(alert)
        except RulesError as error:
            problems += error.problems
    if problems:
        raise RulesError(problems)
    return tuple(sorted(made, key=lambda alert: alert.tier.long.seconds))


def _policy(use: PolicyUse, at: KeyPath, source: Document, shelf: Shelf) -> Found[PolicySpec]:
    if use.spec:
        return Found(value=use.spec, source=source, at=(*at, "spec"))
    found = Reference(kind="AlertPolicy", name=use.alert_policy_ref, source=source, at=at).find(shelf, AlertPolicy)
    return Found(value=found.value.spec, source=found.source, at=found.at)


@dataclass(frozen=True, slots=True, kw_only=True)
class _Named:
    name: str
    spec: ConditionSpec
    source: Document
    at: KeyPath


def _conditions(policy: Found[PolicySpec], shelf: Shelf) -> Iterator[tuple[_Named, tuple[str, ...]]]:
    targets = tuple(target.name for target in policy.value.notification_targets)
    for number, use in enumerate(policy.value.conditions if policy.value.alert_when_breaching else ()):
        at: KeyPath = (*policy.at, "conditions", number)
        if use.spec and use.metadata:
            yield _Named(name=use.metadata.name, spec=use.spec, source=policy.source, at=(*at, "spec")), targets
            continue
        reference = Reference(kind="AlertCondition", name=use.condition_ref, source=policy.source, at=at)
        found = reference.find(shelf, AlertCondition)
        name = found.value.metadata.name
        yield _Named(name=name, spec=found.value.spec, source=found.source, at=found.at), targets


def _alert(named: _Named, targets: Sequence[str], period: Duration, server: Server) -> Alert:
    condition = named.spec.condition
    spent = 100 * condition.threshold * condition.lookback_window.seconds / period.seconds
    if spent > 100:
        message = f"would spend more than the whole budget within {condition.lookback_window}; use a lower threshold"
        raise RulesError([named.source.problem((*named.at, "condition", "threshold"), message)])
    long, short = condition.lookback_window, _short(condition.lookback_window, server)
    if short.seconds >= long.seconds:
        message = f"must be longer than {prover.SCRAPES} scrapes of {server.scrape_interval}; use a longer window"
        raise RulesError([named.source.problem((*named.at, "condition", "lookbackWindow"), message)])
    tier = Tier(
        tier=_slug(named.name),
        severity=_severity(named.spec.severity),
        budget_percent=spent,
        long=long,
        short=short,
        hold=condition.alert_after,
    )
    return Alert(tier=tier, extra=_extra(named.spec, targets))


def _short(long: Duration, server: Server) -> Duration:
    """Return the short window: as the workbook has it, and never so short that a missed scrape would matter."""
    seconds = max(long.seconds // _TWELFTH, prover.SCRAPES * server.scrape_interval.seconds)
    return durations.of(timedelta(seconds=seconds))


def _slug(name: str) -> str:
    slug = re.sub(r"[^a-z0-9]+", "-", name.lower()).strip("-")
    return slug if slug[:1].isalpha() else f"tier-{slug}"


def _severity(word: str) -> Literal["critical", "warning", "info"]:
    known = word.lower()
    if known in _PAGES:
        return "critical"
    return "info" if known in _INFOS else "warning"


def _extra(spec: ConditionSpec, targets: Sequence[str]) -> Extra:
    told = {"notification_targets": ",".join(targets)} if targets else {}
    said = {"summary": spec.description} if spec.description else {}
    return Extra(labels={"severity": spec.severity, **told}, annotations=said)

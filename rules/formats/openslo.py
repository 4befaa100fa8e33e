"""OpenSLO v1 (https://github.com/OpenSLO/OpenSLO): SLOs with their indicators and alert policies, wherever those are.

``recognition.py`` names it as the reader. Objects of other kinds are read too, so that their mistakes are told, and
make no objectives by themselves.
"""

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from decimal import Decimal

from firebrigade.rules.document import Document, KeyPath
from firebrigade.rules.durations import Duration
from firebrigade.rules.formats import openslo_alerts, openslo_indicators, periods
from firebrigade.rules.formats.links import linked
from firebrigade.rules.formats.openslo_alerts import Alert
from firebrigade.rules.formats.openslo_fields import Object
from firebrigade.rules.formats.openslo_objects import DataSource, Service, Sli, SliSpec, Slo
from firebrigade.rules.formats.openslo_policies import AlertCondition, AlertNotificationTarget, AlertPolicy
from firebrigade.rules.formats.references import Found, Reference
from firebrigade.rules.formats.shelf import VERSION, Shelf
from firebrigade.rules.library import Surroundings
from firebrigade.rules.problems import Problem, RulesError
from firebrigade.rules.slo import prover
from firebrigade.rules.slo.objectives import Alerting, Events, Extra, Objective, Ratio
from firebrigade.rules.windows import Windows

_KINDS: dict[str, type[Object]] = {
    "SLO": Slo,
    "SLI": Sli,
    "AlertPolicy": AlertPolicy,
    "AlertCondition": AlertCondition,
    "AlertNotificationTarget": AlertNotificationTarget,
    "DataSource": DataSource,
    "Service": Service,
}


def objectives(source: Document, surroundings: Surroundings, shelf: Shelf) -> tuple[Objective, ...]:
    """Return the objectives of an SLO; other kinds of objects have none.

    Args:
        source: one object.
        surroundings: period, windows and server.
        shelf: the objects that it may refer to.

    Raises:
        RulesError: with every mistake, also of what it refers to.
    """
    kind = source.data.get("kind")
    model = _KINDS.get(kind) if isinstance(kind, str) else None
    if model is None:
        message = f"{kind} is no kind of OpenSLO; there are {', '.join(_KINDS)}"
        raise RulesError([source.problem((*source.root, "kind"), message)])
    written = source.parse(model, spelling="alias")
    return _objectives(written, source, surroundings, shelf) if isinstance(written, Slo) else ()


def _objectives(slo: Slo, source: Document, surroundings: Surroundings, shelf: Shelf) -> tuple[Objective, ...]:
    at: KeyPath = (*source.root, "spec")
    spec, problems = slo.spec, list[Problem]()
    period = spec.time_window[0].duration if spec.time_window else surroundings.period
    try:
        indicator = _indicator(slo, at, source, shelf)
        sli = _sli(indicator, (*at, "indicatorRef"), source, shelf)
    except RulesError as error:
        problems += error.problems
    try:
        place: KeyPath = (*at, "alertPolicies")
        alerts = openslo_alerts.alerts(spec.alert_policies, place, source, shelf, period, surroundings.server)
    except RulesError as error:
        problems += error.problems
    if problems:
        raise RulesError(problems)
    written = Written(
        service=spec.service,
        name=slo.metadata.name,
        description=spec.description or indicator.value.description,
        labels=slo.metadata.labels,
        period=period,
        spec=VERSION,
        origin=at,
    )
    targets = [
        Target(
            percent=objective.percent,
            at=(*at, "objectives", number, "target" if objective.target else "targetPercent"),
            sli=sli,
            suffix=f"-{number}" if len(spec.objectives) > 1 else "",
        )
        for number, objective in enumerate(spec.objectives)
    ]
    return made(written, targets, alerts, source, surroundings)


def _indicator(slo: Slo, at: KeyPath, source: Document, shelf: Shelf) -> Found[SliSpec]:
    if slo.spec.indicator:
        return Found(value=slo.spec.indicator.spec, source=source, at=(*at, "indicator", "spec"))
    at = (*at, "indicatorRef")
    found = Reference(kind="SLI", name=slo.spec.indicator_ref, source=source, at=at).find(shelf, Sli)
    return Found(value=found.value.spec, source=found.source, at=found.at)


def _sli(indicator: Found[SliSpec], named_at: KeyPath, source: Document, shelf: Shelf) -> Events | Ratio:
    ratio = indicator.value.ratio_metric
    assert ratio is not None, "an indicator without it is refused when it is read"  # noqa: S101
    sli = openslo_indicators.sli(ratio, (*indicator.at, "ratioMetric"), indicator.source, shelf)
    # A rule's place is in the SLO's file, wherever its query is written.
    return sli if indicator.source.path == source.path else openslo_indicators.moved(sli, named_at)


@dataclass(frozen=True, slots=True, kw_only=True)
class Written:
    """What an SLO of any version of OpenSLO says once, for all of its targets."""

    service: str
    name: str
    description: str
    labels: dict[str, str]
    period: Duration
    spec: str
    origin: KeyPath


@dataclass(frozen=True, slots=True, kw_only=True)
class Target:
    """One target of an SLO, which becomes an objective of its own."""

    percent: Decimal
    at: KeyPath
    sli: Events | Ratio
    suffix: str


def made(
    written: Written,
    targets: Sequence[Target],
    alerts: Sequence[Alert],
    source: Document,
    surroundings: Surroundings,
) -> tuple[Objective, ...]:
    """Return an SLO's objectives, one for each target.

    Raises:
        RulesError: an objective has alerts that can't work.
    """
    windows = _windows(written.period, alerts, surroundings)
    found = [_objective(written, target, alerts, windows, surroundings) for target in targets]
    if problems := list(_problems(found, source, surroundings)):
        raise RulesError(problems)
    return tuple(found)


def _problems(found: Sequence[Objective], source: Document, surroundings: Surroundings) -> Iterator[Problem]:
    for objective in found:
        yield from prover.problems(objective, surroundings.server, source)


def _windows(period: Duration, alerts: Sequence[Alert], surroundings: Surroundings) -> Windows:
    if alerts:
        return Windows(period=period, tiers=tuple(alert.tier for alert in alerts))
    return periods.recorded(period, surroundings)


def _objective(
    written: Written, target: Target, alerts: Sequence[Alert], windows: Windows, surroundings: Surroundings
) -> Objective:
    name = written.name + target.suffix
    tiers = tuple(alert.tier for alert in alerts)
    alerting = Alerting(
        name=_alert_name(written.service, name),
        tiers={alert.tier.tier: alert.extra for alert in alerts},
        no_data=Extra(labels=written.labels),
    )
    return Objective(
        service=written.service,
        name=name,
        description=written.description.strip() or "all events that are no errors.",
        percent=target.percent,
        sli=target.sli,
        windows=windows,
        tiers=tiers,
        recorded=() if tiers else windows.usual(),
        alerting=linked(alerting, written.service, surroundings),
        labels=written.labels,
        spec=written.spec,
        origin=written.origin,
        percent_at=target.at,
        alert_at=(*written.origin, "alertPolicies"),
    )


def _alert_name(service: str, name: str) -> str:
    """Return a name for an SLO's alerts, for OpenSLO has none: ``web`` and ``web-search`` are WebSearchBurnRate."""
    words = re.split(r"[-._]+", name if name.startswith(service) else f"{service}-{name}")
    return "".join(word[:1].upper() + word[1:] for word in words) + "BurnRate"

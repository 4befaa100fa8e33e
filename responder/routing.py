"""Which route an alert takes, and why: what the route stage decides by and ``firebrigade route`` prints. Pure.

Deduplication, grouping and inhibition are Alertmanager's, not ours.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from firebrigade.responder.config import Config
from firebrigade.responder.matchers import Matcher, match_all
from firebrigade.responder.model import Labels, MaintenanceWindow, Route


@dataclass(frozen=True, slots=True, kw_only=True)
class Explanation:
    """What would happen to an alert with these labels.

    Attributes:
        heartbeat: the matchers of the heartbeat that it is, or None; a heartbeat goes no further.
        position: the route's place in the configuration, from 1; 0 where none matches.
        route: the route that takes it, or None: it is recorded and nobody is told.
        runbook: the runbook that would run, or empty.
        maintenance: the windows that are open now and match.
    """

    heartbeat: tuple[Matcher, ...] | None
    position: int
    route: Route | None
    runbook: str
    maintenance: tuple[MaintenanceWindow, ...]


def route_for(routes: Sequence[Route], labels: Labels) -> Route | None:
    """Return the first route whose matchers the labels meet, or None."""
    return next((route for route in routes if match_all(route.matchers, labels)), None)


def heartbeat_for(heartbeats: Sequence[tuple[Matcher, ...]], labels: Labels) -> tuple[Matcher, ...] | None:
    """Return the heartbeat that an alert with these labels is, or None."""
    return next((matchers for matchers in heartbeats if match_all(matchers, labels)), None)


def explain(
    config: Config, labels: Labels, *, runbooks: Mapping[str, Sequence[str]], open_windows: Sequence[MaintenanceWindow]
) -> Explanation:
    """Say what would happen to an alert.

    Args:
        config: the configuration.
        labels: the alert's labels.
        runbooks: each runbook's name with the names of the alerts that it lists.
        open_windows: the maintenance windows that are open now.
    """
    route = route_for(config.routes, labels)
    return Explanation(
        heartbeat=heartbeat_for(config.heartbeats, labels),
        position=config.routes.index(route) + 1 if route else 0,
        route=route,
        runbook=runbook_for(route, labels, runbooks),
        maintenance=tuple(window for window in open_windows if match_all(window.matchers, labels)),
    )


def runbook_for(route: Route | None, labels: Labels, runbooks: Mapping[str, Sequence[str]]) -> str:
    """Return the name of the route's runbook, or of the first (by name) that lists the alert, or empty."""
    if route and route.runbook:
        return route.runbook
    alertname = labels.get("alertname", "")
    return next((name for name in sorted(runbooks) if alertname and alertname in runbooks[name]), "")

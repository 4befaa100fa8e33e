"""Which route an alert takes, and why: what the route stage decides by and ``firebrigade route`` prints. Pure.

Deduplication, grouping and inhibition are Alertmanager's, not ours.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from firebrigade.responder.config import Config
from firebrigade.responder.maintenance import in_maintenance
from firebrigade.responder.matchers import Matcher, match_all
from firebrigade.responder.model import Labels, MaintenanceWindow, Route
from firebrigade.runbooks.contract import Runbook
from firebrigade.runbooks.loader import RunbookLibrary


@dataclass(frozen=True, slots=True, kw_only=True)
class Explanation:
    """What would happen to an alert with these labels.

    Attributes:
        heartbeat: the matchers of the heartbeat that it is, or None; a heartbeat goes no further.
        position: the route's place in the configuration, from 1; 0 where none matches.
        route: the route that takes it, or None: it is recorded and nobody is told.
        runbook: the runbook that would run, or None.
        maintenance: the windows that are open now and match.
    """

    heartbeat: tuple[Matcher, ...] | None = None
    position: int = 0
    route: Route | None = None
    runbook: Runbook | None = None
    maintenance: tuple[MaintenanceWindow, ...] = ()


def route_for(routes: Sequence[Route], labels: Labels) -> Route | None:
    """Return the first route whose matchers the labels meet, or None."""
    return next((route for route in routes if match_all(route.matchers, labels)), None)


def heartbeat_for(heartbeats: Sequence[tuple[Matcher, ...]], labels: Labels) -> tuple[Matcher, ...] | None:
    """Return the heartbeat that an alert with these labels is, or None."""
    return next((matchers for matchers in heartbeats if match_all(matchers, labels)), None)


def runbook_for(library: RunbookLibrary, name: str, alertname: str) -> Runbook | None:
    """Return the runbook that a route names, or else the one that answers the alert, or None."""
    return library.get(name) if name else library.for_alert(alertname)


def explain(config: Config, labels: Labels, now: datetime) -> Explanation:
    """Say what would happen to an alert with these labels that came in now."""
    heartbeat = heartbeat_for(config.heartbeats, labels)
    if heartbeat is not None:
        return Explanation(heartbeat=heartbeat)
    route = route_for(config.routes, labels)
    return Explanation(
        position=config.routes.index(route) + 1 if route else 0,
        route=route,
        runbook=runbook_for(config.runbooks, route.runbook if route else "", labels.get("alertname", "")),
        maintenance=tuple(window for window in config.maintenance if in_maintenance([window], labels, now)),
    )

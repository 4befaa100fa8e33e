"""Whether the route of a storm's own incident rings as loudly as others do: what is louder is not held. Pure.

``config check`` and ``firebrigade route`` warn by it.
"""

from collections.abc import Mapping

from firebrigade.receivers.contract import Reach
from firebrigade.responder.config import Config
from firebrigade.responder.model import Route
from firebrigade.responder.own_alerts import INCIDENT_STORM, own_labels
from firebrigade.responder.routing import route_for
from firebrigade.responder.storms import loudness

_WORDS = {Reach.NOBODY: "reaches nobody for sure", Reach.READER: "is read", Reach.SLEEPER: "rings"}


def too_quiet(config: Config, reach: Mapping[str, Reach]) -> str:
    """Return what is wrong with where a storm's incident goes, in a sentence; empty: nothing is.

    Args:
        config: the configuration.
        reach: whom each receiver reaches for sure.
    """
    if not config.automation.storm_holds_pages_for:
        return ""
    paging = [one for one in config.routes if one.policy]
    loudest = max((_loudness(config, one, reach) for one in paging), default=Reach.NOBODY)
    own = route_for(config.routes, own_labels(INCIDENT_STORM))
    quiet = _loudness(config, own, reach) if own is not None and own.policy else Reach.NOBODY
    if quiet >= loudest:
        return ""
    where = f"takes routes[{config.routes.index(own)}]" if own is not None else "takes no route"
    example = next(place for place, one in enumerate(config.routes) if _is(config, one, reach, loudest))
    return (
        f"alert {INCIDENT_STORM} {where}, which {_WORDS[quiet]}, and routes[{example}] {_WORDS[loudest]}: in a storm "
        f"such incidents page one by one; give {INCIDENT_STORM} a route that is as loud"
    )


def _is(config: Config, route: Route, reach: Mapping[str, Reach], wanted: Reach) -> bool:
    return bool(route.policy) and _loudness(config, route, reach) == wanted


def _loudness(config: Config, route: Route, reach: Mapping[str, Reach]) -> Reach:
    return loudness(route.receivers, config.policies.get(route.policy), reach)

"""The runbook and the dashboard of alerts whose spec has no key for them.

The readers of foreign formats call it. Only addresses that a build was given are used: the bundled ones lead to pages
that nobody has written for such alerts.
"""

from dataclasses import replace

from firebrigade.rules import library
from firebrigade.rules.library import Surroundings
from firebrigade.rules.slo.objectives import Alerting, Extra


def linked(alerting: Alerting, service: str, surroundings: Surroundings) -> Alerting:
    """Return alerting with the build's links: to a runbook of the alert's name and a dashboard of the service's.

    A link that the spec itself has stays as it is.
    """
    if not surroundings.own_links:
        return alerting
    links = library.annotations(surroundings.links, alerting.name, service)
    wanted = {key: links[key] for key in surroundings.own_links}
    link = Extra(annotations=wanted)
    return replace(alerting, all=link.with_nearer(alerting.all), no_data=link.with_nearer(alerting.no_data))

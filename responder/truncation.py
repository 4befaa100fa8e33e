"""Completes an alert group that a webhook's ``max_alerts`` cut: the alerts beyond the cut are in no payload, ever.

The engine calls ``complete_group`` before anybody concludes from such a payload; ``reconcile.py`` then watches over the
alerts that it adds as over all others.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Protocol

from firebrigade.responder.alertmanager_records import AlertState, ListedAlert, ListedGroup
from firebrigade.responder.matcher_syntax import CLASSIC_NAME
from firebrigade.responder.matchers import Matcher
from firebrigade.responder.model import Alert, AlertGroup, AlertStatus


@dataclass(frozen=True, slots=True, kw_only=True)
class Completion:
    """What lies beyond the cut.

    Attributes:
        alerts: those that fire and would be notified about; silenced and inhibited ones are in no payload either.
        unaccounted: how many of the truncated alerts are not listed: they have resolved, or are suppressed by now.
    """

    alerts: tuple[Alert, ...]
    unaccounted: int


class Grouping(Protocol):
    """The part of ``alertmanager.Alertmanager`` that is needed here; it raises AlertmanagerError."""

    def groups(self, *, filters: Iterable[Matcher] = (), receiver: str = "") -> Sequence[ListedGroup]:
        """List the groups of one receiver with the alerts that meet the filters."""
        ...


def complete_group(group: AlertGroup, alertmanager: Grouping) -> Completion:
    """Ask for the rest of a truncated group; without truncation nothing is asked.

    Sibling routes with the same receiver and the same group labels can't be told apart in the API: their alerts are
    added, too.

    Raises:
        AlertmanagerError: it can't be asked; the group stays incomplete.
    """
    if not group.truncated_alerts:
        return Completion(alerts=(), unaccounted=0)
    # Versions before 0.27 refuse a filter on a name outside the classic ones; equality is checked below in any case.
    filters = [Matcher(name, "=", value) for name, value in group.group_labels.items() if CLASSIC_NAME.fullmatch(name)]
    return beyond_cut(group, alertmanager.groups(filters=filters, receiver=group.receiver))


def beyond_cut(group: AlertGroup, listed: Iterable[ListedGroup]) -> Completion:
    """Return what the listing has of the group and the payload has not. Pure."""
    known = {alert.fingerprint for alert in group.alerts}
    found = {
        alert.fingerprint: _alert(alert)
        for other in listed
        if other.receiver == group.receiver and dict(other.labels) == dict(group.group_labels)
        for alert in other.alerts
        if alert.fingerprint not in known and alert.state is not AlertState.SUPPRESSED
    }
    alerts = tuple(found[fingerprint] for fingerprint in sorted(found))
    return Completion(alerts=alerts, unaccounted=max(0, group.truncated_alerts - len(alerts)))


def _alert(listed: ListedAlert) -> Alert:
    return Alert(
        fingerprint=listed.fingerprint,
        status=AlertStatus.FIRING,
        labels=listed.labels,
        annotations=listed.annotations,
        starts_at=listed.starts_at,
        generator_url=listed.generator_url,
    )

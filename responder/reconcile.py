"""Compares open incidents with what Alertmanager lists, since webhooks alone can't say that an alert is gone.

A silenced alert stops arriving, and so does its end; a restart forgets alerts without a word; a resolved notification
that came too late is never repeated. The engine calls this on a tick with the alerts of its open incidents and applies
the answers; nothing here touches the store. ``look`` is the only function that asks the network.
"""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from enum import StrEnum
from typing import Protocol

from firebrigade.responder.alertmanager_records import AlertState, ListedAlert, ServerStatus, Silence, SilenceState
from firebrigade.responder.errors import AlertmanagerError
from firebrigade.responder.matchers import Matcher, match_all
from firebrigade.responder.model import IncidentAlert
from firebrigade.responder.run_silences import step_of


class Standing(StrEnum):
    """How an incident's alert stands. Used as a metric label and in the timeline."""

    ACTIVE = "active"  # seen: it still fires
    SUPPRESSED = "suppressed"  # it still fires, and nobody is notified
    RESOLVED = "resolved"
    UNKNOWN = "unknown"  # nothing can be concluded now
    EXPIRED = "expired"  # nothing could be concluded for so long that the policy ends it


@dataclass(frozen=True, slots=True, kw_only=True)
class ReconcilePolicy:
    """When absence is proof.

    Attributes:
        grace: how long an alert must not have been seen, and how long Alertmanager must have been up, before absence
            counts. Prometheus repeats what fires every minute; the webhook brings the regular end within the route's
            ``group_interval``, so keep it longer than that.
        expire_after: without any news for so long, an alert is given up; None never does.
        heartbeat: matchers of an alert that always fires (Watchdog). Where it is absent, Prometheus does not reach
            Alertmanager, and no other absence counts. Empty: not looked for.
    """

    grace: timedelta = timedelta(minutes=10)
    expire_after: timedelta | None = timedelta(hours=24)
    heartbeat: tuple[Matcher, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class View:
    """What one Alertmanager listed at one moment; ``failure`` is why it could not be asked, and all else is empty."""

    url: str
    asked_at: datetime
    alerts: Mapping[str, ListedAlert] = field(default_factory=dict)
    silences: Mapping[str, Silence] = field(default_factory=dict)
    status: ServerStatus | None = None
    failure: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Reconciliation:
    """What was found out about one alert of an incident.

    Attributes:
        reason: one sentence for the timeline; it may hold what people wrote into a silence.
        suppressed_by: the names of what suppresses it, such as ``silence 6f1f…``; empty if nothing does.
        suppressed_until: when the last silence ends; None where something without a known end suppresses it too.
        starts_at: of an alert that is listed, when it began: later than known, if it resolved and fired again.
    """

    fingerprint: str
    standing: Standing
    reason: str
    suppressed_by: str = ""
    suppressed_until: datetime | None = None
    starts_at: datetime | None = None


class Listing(Protocol):
    """The part of ``alertmanager.Alertmanager`` that is needed here; each method raises AlertmanagerError."""

    @property
    def url(self) -> str:
        """The address."""
        ...

    def alerts(self) -> Sequence[ListedAlert]:
        """List the alerts that fire, suppressed ones too."""
        ...

    def silences(self) -> Sequence[Silence]:
        """List the silences of every state."""
        ...

    def status(self) -> ServerStatus:
        """Return version and start."""
        ...


def look(alertmanagers: Iterable[Listing], now: datetime) -> tuple[View, ...]:
    """Ask every Alertmanager that serves one source; one that can't be asked is a view with the failure."""
    return tuple(_view(alertmanager, now) for alertmanager in alertmanagers)


def reconcile(
    alerts: Iterable[IncidentAlert], views: Sequence[View], policy: ReconcilePolicy, now: datetime
) -> tuple[Reconciliation, ...]:
    """Decide about every alert that still fires as far as is known; the others are left out. Pure.

    With several Alertmanagers, one that lists the alert is enough to know that it fires, and all must agree that it is
    gone: Prometheus sends every alert to each of them, but they do not tell each other.
    """
    doubt = _doubt(views, policy)
    return tuple(_decide(alert, views, policy, doubt, now) for alert in alerts if alert.firing)


def _view(alertmanager: Listing, now: datetime) -> View:
    try:
        # The status comes last: a restart in between makes it young, and the empty list before it proves nothing.
        alerts, silences, status = alertmanager.alerts(), alertmanager.silences(), alertmanager.status()
    except AlertmanagerError as error:
        return View(url=alertmanager.url, asked_at=now, failure=str(error))
    return View(
        url=alertmanager.url,
        asked_at=now,
        alerts={alert.fingerprint: alert for alert in alerts},
        silences={silence.id: silence for silence in silences},
        status=status,
    )


def _decide(
    alert: IncidentAlert, views: Sequence[View], policy: ReconcilePolicy, doubt: str, now: datetime
) -> Reconciliation:
    fingerprint = alert.alert.fingerprint
    listed = [(view, view.alerts[fingerprint]) for view in views if fingerprint in view.alerts]
    for view, found in listed:
        if found.state is not AlertState.SUPPRESSED or _by_a_run_alone(view, found):
            return Reconciliation(
                fingerprint=fingerprint,
                standing=Standing.ACTIVE,
                reason="it still fires in Alertmanager",
                starts_at=found.starts_at,
            )
    if listed:
        return _suppressed(*listed[0])
    standing, reason = _absent(alert.last_seen_at, policy, doubt, now)
    return Reconciliation(fingerprint=fingerprint, standing=standing, reason=reason)


def _absent(last_seen_at: datetime, policy: ReconcilePolicy, doubt: str, now: datetime) -> tuple[Standing, str]:
    unseen = now - last_seen_at
    if doubt:
        if policy.expire_after is not None and unseen >= policy.expire_after:
            return Standing.EXPIRED, f"no news of it since {last_seen_at:%Y-%m-%d %H:%M} UTC, and {doubt}"
        return Standing.UNKNOWN, doubt
    if unseen < policy.grace:
        return Standing.UNKNOWN, "it is gone from Alertmanager; the notification of its end may be on its way"
    return Standing.RESOLVED, f"it no longer fires in Alertmanager, last seen {last_seen_at:%Y-%m-%d %H:%M} UTC"


def _doubt(views: Sequence[View], policy: ReconcilePolicy) -> str:
    """Return why an alert's absence from these views proves nothing, or an empty string."""
    return next((doubt for view in views if (doubt := _doubt_of(view, policy))), "" if views else "nothing was asked")


def _doubt_of(view: View, policy: ReconcilePolicy) -> str:
    if view.status is None:
        return view.failure or f"Alertmanager at {view.url} could not be asked"
    if view.asked_at - view.status.started_at < policy.grace:
        return f"Alertmanager at {view.url} started at {view.status.started_at:%H:%M:%S} UTC and may not know it yet"
    if policy.heartbeat and not any(match_all(policy.heartbeat, alert.labels) for alert in view.alerts.values()):
        return f"Alertmanager at {view.url} has no heartbeat from Prometheus"
    return ""


def _suppressed(view: View, found: ListedAlert) -> Reconciliation:
    silences = [view.silences[silence_id] for silence_id in found.silenced_by if silence_id in view.silences]
    ends = [silence.ends_at for silence in silences if silence.state is SilenceState.ACTIVE]
    only_silences = not found.inhibited_by and not found.muted_by and len(ends) == len(found.silenced_by)
    return Reconciliation(
        fingerprint=found.fingerprint,
        standing=Standing.SUPPRESSED,
        reason="it still fires, and is " + "; ".join(_reasons(found, silences)),
        suppressed_by=", ".join(_names(found)),
        suppressed_until=max(ends, default=None) if only_silences else None,
        starts_at=found.starts_at,
    )


def _by_a_run_alone(view: View, found: ListedAlert) -> bool:
    """Return whether nothing but a runbook that is at work suppresses the alert: that must not hold the run back."""
    silences = [view.silences.get(silence_id) for silence_id in found.silenced_by]
    others = found.inhibited_by or found.muted_by or any(one is None or not step_of(one) for one in silences)
    return bool(silences) and not others


def _reasons(found: ListedAlert, silences: Sequence[Silence]) -> Iterator[str]:
    for silence in silences:
        yield f"silenced by {silence.created_by} until {silence.ends_at:%Y-%m-%d %H:%M} UTC: {silence.comment}"
    if len(silences) < len(found.silenced_by):
        yield "silenced"
    if found.inhibited_by:
        yield "inhibited by another alert"
    if found.muted_by:
        yield f"muted by the time interval {', '.join(found.muted_by)}"


def _names(found: ListedAlert) -> Iterator[str]:
    yield from (f"silence {silence_id}" for silence_id in found.silenced_by)
    yield from (f"inhibition by {fingerprint}" for fingerprint in found.inhibited_by)
    yield from (f"time interval {name}" for name in found.muted_by)

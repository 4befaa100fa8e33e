"""What Alertmanager's API v2 lists, as records, and how its JSON becomes them. Pure; ``alertmanager.py`` asks for it.

Unknown fields are ignored, since every version adds some. Labels and comments in these records are hostile input.
Source: https://github.com/prometheus/alertmanager/blob/main/api/v2/openapi.yaml
"""

import logging
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime
from enum import StrEnum
from typing import Any

from firebrigade.responder.matchers import Matcher
from firebrigade.responder.model import Labels

_log = logging.getLogger(__name__)


class AlertState(StrEnum):
    """Whether Alertmanager would notify about an alert."""

    ACTIVE = "active"
    SUPPRESSED = "suppressed"  # silenced, inhibited, or muted by a time interval
    UNPROCESSED = "unprocessed"  # received, not yet looked at


class SilenceState(StrEnum):
    """Where a silence stands in its time."""

    PENDING = "pending"
    ACTIVE = "active"
    EXPIRED = "expired"


@dataclass(frozen=True, slots=True, kw_only=True)
class ListedAlert:
    """An alert that fires in Alertmanager's memory; resolved ones are not listed.

    Attributes:
        silenced_by: the ids of the silences that match it.
        inhibited_by: the fingerprints of the alerts that inhibit it.
        muted_by: the names of the time intervals that mute it; listed since 0.28.
        ends_at: when it counts as resolved unless Prometheus sends it again.
    """

    fingerprint: str
    state: AlertState
    labels: Labels
    annotations: Labels
    starts_at: datetime
    ends_at: datetime
    updated_at: datetime
    receivers: tuple[str, ...] = ()
    silenced_by: tuple[str, ...] = ()
    inhibited_by: tuple[str, ...] = ()
    muted_by: tuple[str, ...] = ()
    generator_url: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class ListedGroup:
    """One group of one receiver, whole, however few of its alerts a webhook may carry."""

    receiver: str
    labels: Labels
    alerts: tuple[ListedAlert, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Silence:
    """A silence as listed; expired ones stay listed for Alertmanager's ``--data.retention`` (120 hours by default)."""

    id: str
    state: SilenceState
    matchers: tuple[Matcher, ...]
    starts_at: datetime
    ends_at: datetime
    updated_at: datetime
    created_by: str
    comment: str


@dataclass(frozen=True, slots=True, kw_only=True)
class NewSilence:
    """A silence to create or, with ``id``, to change. Alertmanager moves a start in the past to its own now."""

    matchers: tuple[Matcher, ...]
    starts_at: datetime
    ends_at: datetime
    created_by: str
    comment: str
    id: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class ServerStatus:
    """What it says of itself; ``started_at`` is by its own clock (the API says ``uptime``); 0 peers: no cluster."""

    version: str
    started_at: datetime
    peers: int


def alerts_from(answer: Any) -> tuple[ListedAlert, ...]:
    """Read ``GET /alerts``; raises what indexing and converting raise, as all readers here do."""
    return tuple(_alert(item) for item in answer)


def groups_from(answer: Any) -> tuple[ListedGroup, ...]:
    """Read ``GET /alerts/groups``."""
    return tuple(
        ListedGroup(
            receiver=item["receiver"]["name"], labels=_texts(item["labels"]), alerts=alerts_from(item["alerts"])
        )
        for item in answer
    )


def silences_from(answer: Any) -> tuple[Silence, ...]:
    """Read ``GET /silences``; one whose matchers can't be understood is left out, and the log says so."""
    return tuple(silence for item in answer for silence in _readable(item))


def silence_from(item: Any) -> Silence:
    """Read ``GET /silence/{id}``."""
    return Silence(
        id=item["id"],
        state=SilenceState(item["status"]["state"]),
        matchers=tuple(_matcher(matcher) for matcher in item["matchers"]),
        starts_at=_time(item["startsAt"]),
        ends_at=_time(item["endsAt"]),
        updated_at=_time(item["updatedAt"]),
        created_by=item["createdBy"],
        comment=item["comment"],
    )


def silence_body(silence: NewSilence) -> dict[str, Any]:
    """Write the body of ``POST /silences``."""
    body = {
        "matchers": [
            {"name": matcher.name, "value": matcher.value, "isRegex": matcher.is_regex, "isEqual": matcher.is_equal}
            for matcher in silence.matchers
        ],
        "startsAt": silence.starts_at.astimezone(UTC).isoformat(),
        "endsAt": silence.ends_at.astimezone(UTC).isoformat(),
        "createdBy": silence.created_by,
        "comment": silence.comment,
    }
    return body | {"id": silence.id} if silence.id else body


def status_from(answer: Any) -> ServerStatus:
    """Read ``GET /status``."""
    return ServerStatus(
        version=answer["versionInfo"]["version"],
        started_at=_time(answer["uptime"]),
        peers=len(answer["cluster"].get("peers") or ()),
    )


def _alert(item: Any) -> ListedAlert:
    status = item["status"]
    return ListedAlert(
        fingerprint=item["fingerprint"],
        state=AlertState(status["state"]),
        labels=_texts(item["labels"]),
        annotations=_texts(item["annotations"]),
        starts_at=_time(item["startsAt"]),
        ends_at=_time(item["endsAt"]),
        updated_at=_time(item["updatedAt"]),
        receivers=tuple(receiver["name"] for receiver in item["receivers"]),
        silenced_by=tuple(status.get("silencedBy") or ()),
        inhibited_by=tuple(status.get("inhibitedBy") or ()),
        muted_by=tuple(status.get("mutedBy") or ()),
        generator_url=item.get("generatorURL", ""),
    )


def _readable(item: Any) -> Iterator[Silence]:
    try:
        yield silence_from(item)
    except (KeyError, TypeError, ValueError):
        _log.warning("a silence in Alertmanager can't be read and is passed over", extra={"silence": item.get("id")})


def _matcher(item: Any) -> Matcher:
    operator = ("=" if item.get("isEqual", True) else "!") + ("~" if item["isRegex"] else "=")
    return Matcher(item["name"], {"==": "="}.get(operator, operator), item["value"])


def _texts(item: Any) -> dict[str, str]:
    return {str(name): str(value) for name, value in item.items()}


def _time(text: str) -> datetime:
    return datetime.fromisoformat(text).astimezone(UTC)

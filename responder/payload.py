"""An Alertmanager webhook body of version 4, turned into an AlertGroup. Pure; called by ``webhook.py``.

Unknown fields are accepted: Alertmanager 0.32 added ``notification_reason`` and 0.34 ``routeLabels``. Where a text
can't be stored as it is, it is mended rather than refused, because what is answered with 4xx is sent again for ever and
never becomes an incident. This module does not decide whether the sender may post (``authentication.py``).

Source: https://prometheus.io/docs/alerting/latest/configuration/#webhook_config
"""

import re
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

from firebrigade.responder.errors import FirebrigadeError
from firebrigade.responder.fingerprint import fingerprint
from firebrigade.responder.json_fields import JsonFields
from firebrigade.responder.json_text import read_json
from firebrigade.responder.model import Alert, AlertGroup, AlertStatus, Labels
from firebrigade.responder.timestamps import parse_rfc3339

VERSION = "4"
MAX_ALERTS = 10_000
MAX_LABELS = 256  # in one set
MAX_LABEL_CHARACTERS = 16_384  # a name or a value
MAX_ANNOTATION_CHARACTERS = 65_536
MAX_TRUNCATED_ALERTS = 2**31 - 1

_GO_ZERO_TIME_ENDS = datetime(1, 1, 2, tzinfo=UTC)
_REPLACEMENT = "\N{REPLACEMENT CHARACTER}"
_SURROGATE = re.compile(r"[\ud800-\udfff]")


class PayloadLimitError(FirebrigadeError):
    """A payload of version 4 holds labels beyond our limits: it is for the dead letters, not for a 400."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Payload:
    """What a body says, and what was wrong with it without making it useless.

    Attributes:
        wrong_fingerprints: how many alerts came with another fingerprint than their labels have.
    """

    group: AlertGroup
    wrong_fingerprints: int = 0


def parse_payload(body: bytes, source: str) -> Payload:
    """Read a request's body; ``source`` says which Alertmanager sent it.

    Beyond MAX_ALERTS the rest is counted as truncated, so that it is asked for like what Alertmanager truncates.
    U+0000 and lone surrogates become U+FFFD: PostgreSQL takes neither. Fingerprints are those of the labels as sent.

    Raises:
        PayloadError: it is not a payload of version 4; names the first wrong field.
        PayloadLimitError: it is one, with more or longer labels than we keep.
    """
    fields = JsonFields(read_json(body), "")
    _check_version(fields)
    listed = [_read_alert(alert) for alert in fields.objects("alerts")]
    alerts = tuple({alert.fingerprint: alert for alert, _ in listed}.values())
    group = AlertGroup(
        source=source,
        receiver=_storable(fields.text("receiver")),
        status=_read_status(fields),
        group_key=_storable(fields.text("groupKey", empty=False)),
        group_labels=_read_labels(fields, "groupLabels"),
        common_labels=_read_labels(fields, "commonLabels"),
        common_annotations=_read_annotations(fields, "commonAnnotations"),
        external_url=_storable(fields.text("externalURL", default="")),
        alerts=alerts[:MAX_ALERTS],
        truncated_alerts=_count_truncated(fields, len(alerts)),
    )
    return Payload(group=group, wrong_fingerprints=sum(wrong for _, wrong in listed))


def _check_version(fields: JsonFields) -> None:
    if fields.text("version") != VERSION:
        raise fields.error("version", f'must be "{VERSION}"')


def _read_alert(fields: JsonFields) -> tuple[Alert, bool]:
    sent_labels = _without_surrogates(fields.texts("labels"))
    own_fingerprint = fingerprint(sent_labels)
    sent_fingerprint = fields.text("fingerprint", default="")
    status = _read_status(fields)
    alert = Alert(
        fingerprint=own_fingerprint,
        status=status,
        labels=_limited(_storable_texts(sent_labels), fields.path_of("labels")),
        annotations=_read_annotations(fields, "annotations"),
        starts_at=_read_time(fields, "startsAt"),
        ends_at=_read_end(fields, status),
        generator_url=_storable(fields.text("generatorURL", default="")),
    )
    return alert, sent_fingerprint not in {"", own_fingerprint}


def _read_status(fields: JsonFields) -> AlertStatus:
    try:
        return AlertStatus(fields.text("status"))
    except ValueError as error:
        raise fields.error("status", 'must be "firing" or "resolved"') from error


def _read_time(fields: JsonFields, key: str) -> datetime:
    try:
        return parse_rfc3339(fields.text(key))
    except ValueError as error:
        raise fields.error(key, "must be a time like 2026-01-05T09:00:00Z (RFC 3339)") from error


def _read_end(fields: JsonFields, status: AlertStatus) -> datetime | None:
    if not fields.text("endsAt", default=""):
        return None
    ends_at = _read_time(fields, "endsAt")
    if status is AlertStatus.FIRING or ends_at < _GO_ZERO_TIME_ENDS:
        return None
    return ends_at


def _read_labels(fields: JsonFields, key: str) -> Labels:
    return _limited(_storable_texts(_without_surrogates(fields.texts(key))), fields.path_of(key))


def _read_annotations(fields: JsonFields, key: str) -> Labels:
    annotations = _storable_texts(_without_surrogates(fields.texts(key)))
    if len(annotations) > MAX_LABELS:
        raise _limit_error(fields.path_of(key), f"more than {MAX_LABELS} annotations")
    return {name: _cut(value) for name, value in annotations.items()}


def _count_truncated(fields: JsonFields, listed: int) -> int:
    sent = fields.integer("truncatedAlerts", default=0)
    if not 0 <= sent <= MAX_TRUNCATED_ALERTS:
        raise fields.error("truncatedAlerts", f"must be a number from 0 to {MAX_TRUNCATED_ALERTS}")
    return sent + max(0, listed - MAX_ALERTS)


def _limited(labels: Labels, path: str) -> Labels:
    if len(labels) > MAX_LABELS:
        raise _limit_error(path, f"more than {MAX_LABELS} labels")
    if _longest(labels) > MAX_LABEL_CHARACTERS:
        raise _limit_error(path, f"a label longer than {MAX_LABEL_CHARACTERS} characters")
    return labels


def _longest(labels: Labels) -> int:
    texts: Iterable[str] = (text for item in labels.items() for text in item)
    return max(map(len, texts), default=0)


def _limit_error(path: str, what: str) -> PayloadLimitError:
    return PayloadLimitError(f"{path}: the payload holds {what}; it was kept as a dead letter and not processed")


def _cut(text: str) -> str:
    return text if len(text) <= MAX_ANNOTATION_CHARACTERS else text[: MAX_ANNOTATION_CHARACTERS - 1] + "…"


def _without_surrogates(texts: dict[str, Any]) -> dict[str, str]:
    return {_SURROGATE.sub(_REPLACEMENT, name): _SURROGATE.sub(_REPLACEMENT, text) for name, text in texts.items()}


def _storable_texts(texts: dict[str, str]) -> dict[str, str]:
    return {_storable(name): _storable(text) for name, text in texts.items()}


def _storable(text: str) -> str:
    return _SURROGATE.sub(_REPLACEMENT, text.replace("\0", _REPLACEMENT))

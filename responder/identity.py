"""What an incident is called: its title, service and severity, from the alerts that opened it. Pure."""

from collections.abc import Sequence
from typing import TypedDict

from firebrigade.responder.model import AlertGroup, Labels

SEVERITIES = ("critical", "warning", "info", "none", "")


class Description(TypedDict):
    """The fields of an incident that come from its alert group."""

    service: str
    severity: str
    title: str
    summary: str
    labels: Labels
    annotations: Labels


def describe(group: AlertGroup) -> Description:
    """Say what a group that opens an incident is about; labels that all its alerts share are the incident's."""
    labels = {**group.group_labels, **group.common_labels}
    severity = worst_severity([alert.labels.get("severity", "") for alert in group.alerts])
    summary = group.common_annotations.get("summary") or _first_annotation(group, "summary")
    return Description(
        service=labels.get("service", ""),
        severity=severity,
        title=_title(labels, group),
        summary=summary,
        labels=labels,
        annotations=dict(group.common_annotations),
    )


def worst_severity(severities: Sequence[str]) -> str:
    """Return the worst of the severities; one that is none of ours ranks between warning and info."""
    return min(severities, key=_rank, default="")


def _rank(severity: str) -> float:
    return SEVERITIES.index(severity) if severity in SEVERITIES else 1.5


def _title(labels: Labels, group: AlertGroup) -> str:
    names = sorted({alert.labels.get("alertname", "") for alert in group.alerts} - {""})
    name = labels.get("alertname") or ", ".join(names[:3]) or "Alert"
    where = labels.get("service") or labels.get("job") or labels.get("instance") or ""
    thing = labels.get("pod") or labels.get("agent_id") or labels.get("deployment") or ""
    where = " ".join(dict.fromkeys(part for part in (where, thing) if part))
    return f"{name}: {where}" if where else name


def _first_annotation(group: AlertGroup, name: str) -> str:
    return next((alert.annotations[name] for alert in group.alerts if alert.annotations.get(name)), "")

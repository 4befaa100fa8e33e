"""Prometheus' rules and Alertmanager in one, in virtual time: what fires, and the groups that the webhook is sent.

Expressions are the bundled rules' in the part of PromQL that ``promql.py`` knows; ``for`` and severity are theirs
(``tests/sandbox/virtual`` compares). Alertmanager's waiting for more of a group is not played: a change is told at
once.
"""

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import TYPE_CHECKING

from firebrigade.responder.fingerprint import fingerprint
from firebrigade.responder.model import Alert, AlertGroup, AlertStatus
from sandbox.cluster.podstatus import status_of
from sandbox.cluster.resources import Json
from sandbox.virtual.promql import Evaluator

if TYPE_CHECKING:
    from sandbox.virtual.world import World

Labels = dict[str, str]
_REQUEST = "neurectomy_http_requests_total"
_DURATION = "neurectomy_http_request_duration_seconds_bucket"
_BY = "service, namespace, deployment, endpoint"
_GROUP_BY = ("alertname", "service", "namespace", "deployment", "pod", "agent_id")


@dataclass(frozen=True, slots=True, kw_only=True)
class Rule:
    """One alerting rule.

    Attributes:
        holds_for: the rule's ``for``.
        of_pods: it is about a pod's container, as kube-state-metrics tells of it, and about one that still is there.
        reason: why that container has to have ended last; empty: it does not matter.
    """

    alert: str
    expression: str
    holds_for: timedelta
    severity: str
    of_pods: bool = False
    reason: str = ""


RULES = (
    Rule(alert="ServiceDown", expression='up{service!=""} == 0', holds_for=timedelta(minutes=1), severity="critical"),
    Rule(
        alert="PodCrashLooping",
        expression="increase(kube_pod_container_status_restarts_total[30m]) > 3",
        holds_for=timedelta(minutes=15),
        severity="warning",
        of_pods=True,
    ),
    Rule(
        alert="ContainerOOMKilled",
        expression="increase(kube_pod_container_status_restarts_total[10m]) > 0.5",
        holds_for=timedelta(),
        severity="critical",
        of_pods=True,
        reason="OOMKilled",
    ),
    Rule(
        alert="HighErrorRate",
        expression=f'sum by ({_BY}) (rate({_REQUEST}{{status=~"5.."}}[5m])) '
        f"/ sum by ({_BY}) (rate({_REQUEST}[5m])) > 0.05",
        holds_for=timedelta(minutes=5),
        severity="critical",
    ),
    Rule(
        alert="HighLatency",
        expression=f"histogram_quantile(0.95, sum by ({_BY}, le) (rate({_DURATION}[5m]))) > 5",
        holds_for=timedelta(minutes=10),
        severity="warning",
    ),
    Rule(
        alert="AgentDown",
        expression="agents_health_status == 2",
        holds_for=timedelta(minutes=2),
        severity="critical",
    ),
)


class Alarms:
    """Looks at the rules, and tells what has changed.

    Args:
        world: whose samples they go by.
        tell: what Alertmanager's webhook reaches.
        labelled: what becomes of an alert's labels on their way, such as a label that gets lost; None loses the alert.
    """

    def __init__(
        self, world: "World", tell: Callable[[AlertGroup], None], labelled: Callable[[Labels], Labels | None]
    ) -> None:
        self._world = world
        self._evaluator = Evaluator(world.samples)
        self._tell = tell
        self._labelled = labelled
        self._since: dict[str, tuple[Labels, datetime]] = {}
        self._firing: dict[str, Alert] = {}

    def look(self) -> None:
        """Evaluate every rule, and tell of what began to fire and of what ended."""
        now = self._world.now
        holding = {fingerprint(labels): (labels, rule) for rule in RULES for labels in self._holding(rule, now)}
        self._since = {key: self._since.get(key, (labels, now)) for key, (labels, _) in holding.items()}
        due = {key for key, (_, rule) in holding.items() if now - self._since[key][1] >= rule.holds_for}
        began = [self._alert(holding[key][0], now) for key in sorted(due - set(self._firing))]
        ended = [self._firing.pop(key) for key in sorted(set(self._firing) - due)]
        self._firing |= {one.fingerprint: one for one in began}
        for alerts in _groups([*began, *(_resolved(one, now) for one in ended)]):
            self._send(alerts)

    @property
    def firing(self) -> tuple[Alert, ...]:
        """The alerts that fire now."""
        return tuple(self._firing.values())

    def _holding(self, rule: Rule, now: datetime) -> Iterable[Labels]:
        pods = {
            (one["metadata"]["namespace"], one["metadata"]["name"]): one for one in self._world.cluster.peek("pods")
        }
        for key in self._evaluator.evaluate(rule.expression, now):
            labels = {"alertname": rule.alert, "severity": rule.severity, **dict(key)}
            if not rule.of_pods:
                yield labels
            elif (pod := pods.get((labels["namespace"], labels["pod"]))) and rule.reason in ("", _ended_by(pod)):
                yield {**labels, **_owner(labels)}

    def _alert(self, labels: Labels, now: datetime) -> Alert:
        return Alert(
            fingerprint=fingerprint(labels),
            status=AlertStatus.FIRING,
            labels=labels,
            annotations={},
            starts_at=now,
            ends_at=None,
        )

    def _send(self, alerts: list[Alert]) -> None:
        sent = [one for one in map(self._on_its_way, alerts) if one is not None]
        if not sent:
            return
        key = _group_of(alerts[0].labels)
        still = [one for one in map(self._on_its_way, self._firing.values()) if one and _group_of(one.labels) == key]
        told = {one.fingerprint: one for one in [*still, *sent]}
        firing = any(one.status is AlertStatus.FIRING for one in told.values())
        first = sent[0].labels
        group = AlertGroup(
            source="alertmanager",
            receiver="firebrigade",
            status=AlertStatus.FIRING if firing else AlertStatus.RESOLVED,
            group_key=str(key),
            group_labels={"alertname": first["alertname"]},
            common_labels=_common(told.values()),
            common_annotations={},
            external_url="",
            alerts=tuple(told.values()),
        )
        self._tell(group)

    def _on_its_way(self, alert: Alert) -> Alert | None:
        labels = self._labelled(dict(alert.labels))
        if labels is None:
            return None
        return Alert(
            fingerprint=fingerprint(labels),
            status=alert.status,
            labels=labels,
            annotations={},
            starts_at=alert.starts_at,
            ends_at=alert.ends_at,
        )


def _resolved(alert: Alert, now: datetime) -> Alert:
    return Alert(
        fingerprint=alert.fingerprint,
        status=AlertStatus.RESOLVED,
        labels=alert.labels,
        annotations={},
        starts_at=alert.starts_at,
        ends_at=now,
    )


def _group_of(labels: Mapping[str, str]) -> tuple[str, ...]:
    """Return what alerts are grouped by, as in deploy/alertmanager/alertmanager.yml."""
    return tuple(labels.get(name, "") for name in _GROUP_BY)


def _groups(alerts: Iterable[Alert]) -> list[list[Alert]]:
    groups: dict[tuple[str, ...], list[Alert]] = {}
    for alert in alerts:
        groups.setdefault(_group_of(alert.labels), []).append(alert)
    return list(groups.values())


def _common(alerts: Iterable[Alert]) -> Labels:
    found = [set(one.labels.items()) for one in alerts]
    return dict(sorted(set.intersection(*found)))


def _ended_by(pod: Json) -> str:
    last: Json = status_of(pod, "main").get("lastState", {})
    return str(last.get("terminated", {}).get("reason", ""))


def _owner(labels: Mapping[str, str]) -> Labels:
    """Return whose a pod is, guessed from its name as the recording rule pod:owner:info does."""
    name = labels["pod"].rpartition("-")[0].rpartition("-")[0]
    if labels["namespace"] == "agents":
        return {"service": "agents", "deployment": name} if name else {"service": "agents"}
    return {"service": name, "deployment": name} if name else {"service": "platform"}

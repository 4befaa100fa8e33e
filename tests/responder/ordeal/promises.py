"""What is never broken: the cluster's own account of each write against what the responder wrote down.

It asks none of the code that it watches: targets, limits and the state of the workloads are counted here again.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from firebrigade.responder.approval import hash_of
from firebrigade.responder.chain import broken
from firebrigade.responder.model import TimelineEntry
from firebrigade.responder.model_steps import StepResult, StepStatus
from firebrigade.responder.restraints import Storm
from firebrigade.responder.store.store import Store
from firebrigade.runbooks.guards import GuardSettings
from sandbox.cluster import Cluster
from sandbox.cluster.routes import Call

HOUR = timedelta(hours=1)
DAY = timedelta(hours=24)
TRIED = {
    StepStatus.VERIFIED,
    StepStatus.UNVERIFIED,
    StepStatus.UNSEEN,
    StepStatus.DONE,
    StepStatus.FAILED,
    StepStatus.UNDONE,
}
_ENDS = {*TRIED, StepStatus.REJECTED, StepStatus.EXPIRED} - {StepStatus.DONE, StepStatus.FAILED, StepStatus.UNDONE}
UNKNOWN = ("may have been made", "may have made", "not known")


@dataclass(frozen=True, slots=True, kw_only=True)
class Write:
    """One request that changed the cluster.

    Attributes:
        step_id: of the step that made it.
        plan: the hash of the plan that it carries out.
        back: it takes the change back.
    """

    at: datetime
    step_id: str
    plan: str
    back: bool
    name: str


class Promises:
    """Watches every write of every replica, and judges the end of all of them.

    Args:
        store: a way of its own to read what was written down.
        limits: what the guards go by.
        storm: how many incidents are too many to act.
        asks: whether a person approves each plan.
    """

    def __init__(self, cluster: Cluster, store: Store, limits: GuardSettings, storm: Storm, *, asks: bool) -> None:
        self._cluster, self._store, self._limits, self._storm, self._asks = cluster, store, limits, storm, asks
        self.writes: list[Write] = []
        self.broken: list[str] = []

    def watch(self, step: StepResult, call: Call) -> Callable[[str], None]:
        """Look at the cluster before a write; what is returned is told what the write changed.

        What is broken is kept for the end: raised here, it would be one more failure that the runner survives.
        """
        too_much = self._blast(call) or self._overridden(step, call)

        def told(effect: str) -> None:
            if effect == "none":
                return
            try:
                self._check_write(step, call, too_much)
            except AssertionError as broken_promise:
                self.broken.append(str(broken_promise))

        return told

    def recovered(self, step: StepResult) -> None:
        """Note that the agents' supervisor has restarted an agent for a step."""
        try:
            self._check_made(step, "", step.target)
        except AssertionError as broken_promise:
            self.broken.append(str(broken_promise))

    def _check_write(self, step: StepResult, call: Call, too_much: str) -> None:
        self._check_made(step, f"{too_much}: {call.verb} {call.path}" if too_much else "", call.name)

    def _check_made(self, step: StepResult, too_much: str, name: str) -> None:
        kept = next(one for one in self._store.steps(step.incident_id) if one.id == step.id)
        back = kept.status is StepStatus.UNDOING
        write = Write(at=self._cluster.now, step_id=step.step_id, plan=hash_of(kept), back=back, name=name)
        same = [one for one in self.writes if (one.step_id, one.back) == (write.step_id, write.back)]
        self.writes.append(write)
        assert not same, f"made twice: {same} and {write}"
        self._check_intent(step, kept)
        if not back:
            assert not too_much, too_much
            self._check_lock(kept)

    def _check_intent(self, step: StepResult, kept: StepResult) -> None:
        """The intent was written down before, with the plan that a person approved where one is asked."""
        kinds = _kinds(self._store.timeline(step.incident_id), step)
        assert "applying" in kinds, f"{step.step_id} changed the cluster without a word: {kinds}"
        assert kept.status in {StepStatus.APPLYING, StepStatus.UNDOING}, f"{step.step_id} is {kept.status} and writes"
        assert kept.applied_at is not None
        assert self._store.automation_on(), "it acts while it is switched off"
        if self._asks:
            assert kept.approved_plan == hash_of(kept), "nobody approved this plan"
            assert "approved" in kinds

    def _check_lock(self, kept: StepResult) -> None:
        others = [one for one in self.steps() if one.id != kept.id and one.applied_at and not one.status.over]
        at_once = [one.step_id for one in others if one.target == kept.target]
        assert not at_once, f"{kept.step_id} and {at_once} are at work on {kept.target} at once"
        assert len(others) < self._limits.steps_at_once, f"{kept.step_id} is one of {len(others) + 1} under way"

    def _blast(self, call: Call) -> str:
        """Return how an eviction takes too much; empty if it does not."""
        if call.subresource != "eviction":
            return ""
        app = next((one["metadata"]["labels"].get("app") for one in self._pods() if _name(one) == call.name), "")
        pods = [one for one in self._pods() if one["metadata"]["labels"].get("app") == app]
        ready = [_name(one) for one in pods if _ready(one)]
        deployment = self._cluster.get("deployments", call.namespace, app)
        wanted = int(deployment["spec"]["replicas"]) if deployment else 0
        left = len([name for name in ready if name != call.name])
        if call.name not in ready or wanted < 2:
            return ""
        if left < 1:
            return "it takes the last ready pod"
        unready = (wanted - left) * 100
        return "it takes too many pods" if unready > self._limits.max_unready_percent * wanted else ""

    def _overridden(self, step: StepResult, call: Call) -> str:
        """Return what a write would override that is not as its plan has seen it; empty if it is."""
        if step.action != "scale_deployment" or step.status is StepStatus.UNDOING:
            return ""
        found = self._cluster.get("deployments", call.namespace, call.name)
        now, seen = (found or {"spec": {}})["spec"].get("replicas"), (step.plan or {})["before"]["replicas"]
        return "" if now == seen else f"somebody has set {now} replicas since it saw {seen}"

    def _pods(self) -> list[Any]:
        return self._cluster.list("pods", "shop")

    def steps(self) -> list[StepResult]:
        """Return the steps of all incidents."""
        return [step for incident in self._store.incidents() for step in self._store.steps(incident.id)]

    def check_end(self) -> None:
        """Judge what everything came to."""
        assert not self.broken, self.broken
        for incident in self._store.incidents():
            steps = self._store.steps(incident.id)
            timeline = self._store.timeline(incident.id)
            assert ended(steps), [(one.step_id, one.status, one.verdict) for one in steps]
            if incident.open and not any(one.status is StepStatus.VERIFIED for one in steps):
                kinds = [entry.kind for entry in timeline]
                assert {"escalated", "escalation_ended"} & set(kinds), f"nobody was told: {kinds}"
            assert broken(self._store.chain(incident.id)) == []
            for step in steps:
                self._check_truth(step, [entry for entry in timeline if entry.data.get("step_id") == step.step_id])
        begun = [step for step in self.steps() if step.applied_at is not None]
        self._check_limits(sorted(begun, key=lambda step: (step.applied_at, step.id)))

    def _check_truth(self, step: StepResult, told: Sequence[TimelineEntry]) -> None:
        """What the timeline says of a step is what happened in the cluster."""
        kinds = [entry.kind for entry in told]
        made = [one for one in self.writes if one.step_id == step.step_id and not one.back]
        back = [one for one in self.writes if one.step_id == step.step_id and one.back]
        words = " ".join([step.verdict, *(entry.detail for entry in told)])
        unknown = any(one in words for one in UNKNOWN)
        assert "failed by itself" not in words, words
        for kind in ("planned", "applying", "applied"):
            repeated = kinds.count(kind) > 1 and "approval_void" not in kinds and kind != "planned"
            assert not repeated, f"{kind} twice: {kinds}"
        if made:
            assert step.status in TRIED or unknown, f"{step.status}, and it was made: {words}"
            assert "applied" in kinds or "verified" in kinds or unknown, f"{kinds}: {words}"
        changed = [entry.data["changed"] for entry in told if entry.kind == "applied"]
        assert made or all(one["already"] for one in changed), f"nothing was made, and it says: {changed}"
        if step.status is StepStatus.UNDONE:
            undone = [entry.data["changed"] for entry in told if entry.kind == "undone"]
            assert back or all(one["already"] for one in undone), f"nothing was taken back, and it says: {undone}"
        if back:
            assert step.status is StepStatus.UNDONE or unknown, f"{step.status}: {words}"

    def _check_limits(self, begun: Sequence[StepResult]) -> None:
        """Count again what history allows, by the moments at which intents were written down."""
        for number, step in enumerate(begun):
            assert step.applied_at is not None
            before = [one for one in begun[:number] if one.applied_at is not None]
            same = [one for one in before if (one.action, one.target) == (step.action, step.target)]
            ago = [step.applied_at - one.applied_at for one in same if one.applied_at]
            assert all(one >= self._limits.cooldown for one in ago), f"{step.action} on {step.target} again after {ago}"
            hour = [one for one in before if one.applied_at and step.applied_at - one.applied_at < HOUR]
            assert len(hour) < self._limits.runs_per_hour, f"{len(hour)} runs in an hour before {step.step_id}"
            here = [one for one in hour if one.target == step.target]
            assert len(here) < self._limits.runs_per_hour_per_target, f"{len(here)} runs on {step.target} in an hour"
            repairs = [one for one in before if one.target == step.target and _repaired_by(one, step.applied_at)]
            assert len(repairs) < self._limits.repairs_per_day, f"{step.target} was repaired {len(repairs)} times"
            self._check_storm(step, step.applied_at)

    def _check_storm(self, step: StepResult, at: datetime) -> None:
        """Count the incidents that were open and wanted a runbook when the intent was written down.

        What came at that very moment of virtual time may have come after it.
        """
        wanting = [
            one
            for one in self._store.incidents()
            if one.routed_at is not None
            and one.routed_at < at < one.opened_at + self._storm.within
            and (one.resolved_at is None or one.resolved_at > at)
        ]
        assert len(wanting) <= self._storm.incidents, f"{step.step_id} acts in a storm of {len(wanting)} incidents"


def ended(steps: Sequence[StepResult]) -> bool:
    """Return whether a run has come to its end: a step has helped or harmed, it is up to people, or none is left."""
    last = any(step.status in _ENDS or step.harmed or step.refusal == "suggested" for step in steps)
    return all(step.status.over or (last and step.status is StepStatus.PENDING) for step in steps)


def _repaired_by(step: StepResult, at: datetime) -> bool:
    verified = step.status is StepStatus.VERIFIED and step.finished_at is not None and step.finished_at <= at
    return verified and step.applied_at is not None and at - step.applied_at < DAY


def _kinds(timeline: Sequence[TimelineEntry], step: StepResult) -> list[str]:
    return [entry.kind for entry in timeline if entry.data.get("step_id") == step.step_id]


def _name(pod: Any) -> str:
    return str(pod["metadata"]["name"])


def _ready(pod: Any) -> bool:
    conditions = pod["status"].get("conditions", [])
    return any(one["type"] == "Ready" and one["status"] == "True" for one in conditions)

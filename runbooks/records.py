"""Records as JSON and back: the responder writes plans, changes and steps down, and reads plans after a crash.

What ``…_from_json`` is given was written by ``…_to_json``; anything else raises ValueError or KeyError.
"""

import hashlib
import json
from collections.abc import Mapping
from datetime import datetime, timedelta

from firebrigade.runbooks.contract import (
    Change,
    Json,
    Plan,
    RunbookStep,
    Target,
)
from firebrigade.runbooks.must_not_rise import MustNotRise

JsonObject = Mapping[str, Json]
_UNNAMED = {"planned_at", "seen"}


def target_to_json(target: Target) -> dict[str, Json]:
    """Return a target as JSON."""
    return {"kind": target.kind, "namespace": target.namespace, "name": target.name}


def target_from_json(data: JsonObject) -> Target:
    """Return the target that was written down."""
    return Target(kind=data["kind"], namespace=data["namespace"], name=data["name"])


def plan_to_json(plan: Plan) -> dict[str, Json]:
    """Return a plan as JSON."""
    return {
        "step_id": plan.step_id,
        "action": plan.action,
        "target": target_to_json(plan.target),
        "params": dict(plan.params),
        "before": dict(plan.before),
        "desired": dict(plan.desired),
        "precondition": dict(plan.precondition),
        "summary": plan.summary,
        "planned_at": plan.planned_at.isoformat(),
        "seen": dict(plan.seen),
    }


def plan_from_json(data: JsonObject) -> Plan:
    """Return the plan that was written down."""
    return Plan(
        step_id=data["step_id"],
        action=data["action"],
        target=target_from_json(data["target"]),
        params=data["params"],
        before=data["before"],
        desired=data["desired"],
        precondition=data["precondition"],
        summary=data["summary"],
        planned_at=_aware(data["planned_at"]),
        seen=data.get("seen", {}),  # plans of earlier versions have none
    )


def plan_hash(data: JsonObject) -> str:
    """Return the name of exactly this plan, by which a person approves it: SHA-256 in hexadecimal.

    It covers everything but when the plan was made and the readings that change by themselves. The step's id is in it,
    so that no approval is good for another step.
    """
    named = {key: value for key, value in data.items() if key not in _UNNAMED}
    text = json.dumps(named, sort_keys=True, separators=(",", ":"))
    return hashlib.sha256(text.encode("ascii")).hexdigest()


def change_to_json(change: Change) -> dict[str, Json]:
    """Return a change as JSON."""
    return {"already": change.already, "after": dict(change.after), "summary": change.summary}


def step_to_json(step: RunbookStep) -> dict[str, Json]:
    """Return a runbook's step as JSON, so that an edit of the file never changes a run that is under way.

    What a step does not have is left out where it came with a later version: trust knows steps by these words.
    """
    worse = {"worse": _worse_to_json(step.worse)} if step.worse else {}
    return {
        "name": step.name,
        "action": step.action,
        "target": dict(step.target),
        "params": dict(step.params),
        "verify_within_seconds": step.verify_within.total_seconds(),
        "healthy_for_seconds": step.healthy_for.total_seconds(),
        "verify_query": step.verify_query,
        "undo": step.undo,
        "when": dict(step.when),
        **worse,
    }


def step_from_json(data: JsonObject) -> RunbookStep:
    """Return the step that was written down."""
    return RunbookStep(
        name=data["name"],
        action=data["action"],
        target=data["target"],
        params=data["params"],
        verify_within=timedelta(seconds=data["verify_within_seconds"]),
        verify_query=data["verify_query"],
        undo=data["undo"],
        # Runs that began with an earlier version have none of these.
        healthy_for=timedelta(seconds=data.get("healthy_for_seconds", 0)),
        when=data.get("when", {}),
        worse=_worse_from_json(data["worse"]) if "worse" in data else None,
    )


def _worse_to_json(worse: MustNotRise) -> dict[str, Json]:
    return {
        "query": worse.query,
        "rises_by": worse.rises_by,
        "looks_back_seconds": worse.looks_back.total_seconds(),
    }


def _worse_from_json(data: JsonObject) -> MustNotRise:
    looks_back = timedelta(seconds=data["looks_back_seconds"])
    return MustNotRise(query=data["query"], rises_by=data["rises_by"], looks_back=looks_back)


def _aware(text: str) -> datetime:
    moment = datetime.fromisoformat(text)
    if moment.tzinfo is None:
        raise ValueError(f"{text} has no time zone")
    return moment

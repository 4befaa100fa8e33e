"""One runbook step against the world: find the target, plan, ask the guards, apply, verify, undo.

The responder calls it and writes down what comes back. It keeps nothing and waits for nothing.
"""

from collections.abc import Mapping, Sequence
from dataclasses import replace
from datetime import datetime
from types import MappingProxyType

from pydantic import ValidationError

from firebrigade.runbooks.came_back import ComesBack
from firebrigade.runbooks.contract import (
    Action,
    ActionParams,
    Change,
    Guard,
    Health,
    PastStep,
    PermanentActionError,
    Plan,
    Refusal,
    RefusalReason,
    RunbookStep,
    Target,
    Verdict,
)
from firebrigade.runbooks.guards.scope import ScopeGuard
from firebrigade.runbooks.must_not_rise import ChangeAge
from firebrigade.runbooks.prometheus import PrometheusClient, verdict_of
from firebrigade.runbooks.promql import placeholders, render_query
from firebrigade.runbooks.readings import Asked, Pause, ReadAction, Reading
from firebrigade.runbooks.rises import compare, unless_risen
from firebrigade.runbooks.targets import resolve_target
from firebrigade.runbooks.trouble import PlansForTrouble, Trouble
from firebrigade.runbooks.worse import unless_worse

_NOTHING = Target(kind="", namespace="", name="")


class RunbookExecutor:
    """Executes steps with the actions, guards and Prometheus that are configured. Used by several threads.

    Args:
        actions: by name, as ``registry.build_actions`` returns them; a missing one is not configured.
        guards: in the order in which they are asked.
        prometheus: None if there is none; a step with a query is then refused.
        readers: the actions that only read, as ``registry.build_readers`` returns them.
        reading_guards: what is asked before something is read.
        scope: the guards that are asked before a plan is made.
    """

    def __init__(
        self,
        actions: Mapping[str, Action],
        guards: Sequence[Guard],
        prometheus: PrometheusClient | None,
        readers: Mapping[str, ReadAction] = MappingProxyType({}),
        reading_guards: Sequence[Guard] = (),
        scope: Sequence[ScopeGuard] = (),
    ) -> None:
        self._actions = actions
        self._guards = tuple(guards)
        self._prometheus = prometheus
        self._readers = readers
        self._reading_guards = tuple(reading_guards)
        self._scope = tuple(scope)

    def reads(self, action: str) -> bool:
        """Return whether an action is configured and only reads."""
        return action in self._readers

    def prepares(self, action: str) -> bool:
        """Return whether an action only makes way for the next steps, and helps nobody by itself."""
        return bool(getattr(self._actions.get(action), "PREPARES", False))

    def read(self, step: RunbookStep, step_id: str, asked: Asked) -> Reading | Pause | Refusal:
        """Find the target from the labels, ask the guards of reading, then read; raises as ReadAction.read does."""
        action = self._readers[step.action]
        target = resolve_target(step.target, asked.labels, action.TARGET_KIND) if action.TARGET_KIND else None
        if isinstance(target, Refusal):
            return target
        params = _params(action.Params, step)
        look = Plan(
            step_id=step_id,
            action=step.action,
            target=target or _NOTHING,
            params=params.model_dump(mode="json"),
            before={},
            desired={},
            precondition={},
            summary=step.name,
            planned_at=asked.now,
        )
        refusals = (guard.allow(look, (), asked.now) for guard in self._reading_guards)
        refusal = next((refusal for refusal in refusals if refusal is not None), None)
        return refusal or action.read(target, params, asked)

    def permit(self, step: RunbookStep, labels: Mapping[str, str]) -> Refusal | None:
        """Ask what needs no plan. Without the action or the target there is nothing to ask about: ``plan`` says why."""
        if step.action not in self._actions:
            return None
        target = _target(step, labels, self._actions[step.action])
        if isinstance(target, Refusal):
            return None
        refusals = (guard.permit(step.action, target) for guard in self._scope)
        return next((refusal for refusal in refusals if refusal is not None), None)

    def plan(self, step: RunbookStep, trouble: Trouble, step_id: str, now: datetime) -> Plan | Refusal:
        """Find the target from the labels, then plan; raises as Action.plan does."""
        labels = trouble.labels
        if refusal := self._not_configured(step):
            return refusal
        # A step that could not be verified is not begun.
        if missing := sorted(name for name in _labels_asked_with(step) if not labels.get(name)):
            text = f"The alert carries no label {missing[0]}, which the verification's query needs."
            return Refusal(reason=RefusalReason.INVALID_TARGET, summary=text)
        action = self._actions[step.action]
        target = _target(step, labels, action)
        if isinstance(target, Refusal):
            return target
        params = _params(action.Params, step)
        if isinstance(action, PlansForTrouble):
            return action.plan_for(trouble, target, params, step_id, now)
        return action.plan(target, params, step_id, now)

    def allow(self, plan: Plan, history: Sequence[PastStep], now: datetime) -> Refusal | None:
        """Ask every guard; the first refusal wins."""
        refusals = (guard.allow(plan, history, now) for guard in self._guards)
        return next((refusal for refusal in refusals if refusal is not None), None)

    def apply(self, plan: Plan) -> Change:
        """Apply; raises as Action.apply does."""
        return self._action(plan).apply(plan)

    def verify(self, plan: Plan, step: RunbookStep, labels: Mapping[str, str], age: ChangeAge | None = None) -> Verdict:
        """Ask the action and, where the step has a query, Prometheus; healthy when both say so, or worse than before.

        Args:
            plan: what was applied.
            step: how it is verified.
            labels: the alert's, for the queries.
            age: how long ago it was applied; None: what must not rise is not compared.

        Raises:
            TemporaryActionError: the cluster, or Prometheus for the query, can't be asked now.
        """
        try:
            verdict = unless_worse(plan, self._action(plan).verify(plan))
            if verdict.health is Health.HEALTHY and step.verify_query:
                verdict = _both(verdict, self._ask(step.verify_query, labels))
        except PermanentActionError as error:
            return Verdict(health=Health.FAILED, summary=f"It can't be verified: {error}")
        return verdict if age is None else self._unless_risen(verdict, step, labels, age)

    def undo(self, plan: Plan) -> Change | None:
        """Undo; raises as Action.undo does."""
        return self._action(plan).undo(plan)

    def came_back(self, plan: Plan) -> Verdict | None:
        """Look once whether the target is as before what was undone; None: there is nothing to wait for.

        Raises:
            TemporaryActionError: can't look now.
        """
        action = self._action(plan)
        return action.came_back(plan) if isinstance(action, ComesBack) else None

    def _not_configured(self, step: RunbookStep) -> Refusal | None:
        if step.action not in self._actions:
            text = (
                f"The action {step.action} needs a connection that is not configured: "
                "set kubernetes in firebrigade.yaml, supervisor for an action on agents, prometheus for a query, "
                "endpoints for a request, or alertmanagers for a silence."
            )
        elif (step.verify_query or step.worse) and self._prometheus is None:
            text = f"The step {step.name} is verified by a query, and no Prometheus is configured: set prometheus."
        else:
            return None
        return Refusal(reason=RefusalReason.NOT_CONFIGURED, summary=text)

    def _action(self, plan: Plan) -> Action:
        if plan.action not in self._actions:
            raise PermanentActionError(f"The action {plan.action} needs a connection that is not configured any more.")
        return self._actions[plan.action]

    def _ask(self, query: str, labels: Mapping[str, str]) -> Verdict:
        if self._prometheus is None:
            raise PermanentActionError("No Prometheus is configured any more.")
        try:
            rendered = render_query(query, labels)
        except KeyError as error:
            raise PermanentActionError(f"The alert has no label {error.args[0]} for the query.") from None
        verdict = verdict_of(self._prometheus.query(rendered))
        evidence = {**verdict.evidence, "query": rendered}
        return Verdict(health=verdict.health, summary=verdict.summary, evidence=evidence)

    def _unless_risen(self, verdict: Verdict, step: RunbookStep, labels: Mapping[str, str], age: ChangeAge) -> Verdict:
        """Compare what must not rise, where the cluster alone would wait or be content."""
        prometheus = self._prometheus
        if step.worse is None or prometheus is None or verdict.health not in {Health.WAITING, Health.HEALTHY}:
            return verdict
        worse = replace(step.worse, query=render_query(step.worse.query, labels))
        comparison = compare(lambda at: prometheus.query(worse.query, at), worse, age)
        return verdict if comparison is None else unless_risen(verdict, comparison)


def _labels_asked_with(step: RunbookStep) -> frozenset[str]:
    return placeholders(step.verify_query) | placeholders(step.worse.query if step.worse else "")


def _target(step: RunbookStep, labels: Mapping[str, str], action: Action) -> Target | Refusal:
    return resolve_target(step.target, labels, action.TARGET_KIND) if action.TARGET_KIND else _NOTHING


def _params(params: type[ActionParams], step: RunbookStep) -> ActionParams:
    try:
        return params.model_validate(step.params)
    except ValidationError as error:
        fields = ", ".join(".".join(map(str, one["loc"])) or "params" for one in error.errors())
        raise PermanentActionError(f"The step {step.name} has wrong params: {fields}.") from None


def _both(cluster: Verdict, query: Verdict) -> Verdict:
    return Verdict(
        health=query.health,
        summary=f"{cluster.summary} {query.summary}",
        evidence={"target": dict(cluster.evidence), "query": dict(query.evidence)},
    )

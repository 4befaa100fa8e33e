"""The runner: takes one claimed runbook step one stretch further, and writes down how it went.

plan → (guards, intent written down) → apply → verify, verify, … → undo where it did not help. Each stretch is one
claim; a crash between two stretches loses nothing, and within one the action itself finds out what happened.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from datetime import timedelta
from typing import Any

import structlog

from firebrigade.responder.approval import is_approved, lapsed, made_anew, proposed, unanswered
from firebrigade.responder.case import StepCase
from firebrigade.responder.clock import Clock
from firebrigade.responder.engine.backoff import retry_at
from firebrigade.responder.engine.permission import Permission
from firebrigade.responder.engine.reading import take_reading
from firebrigade.responder.engine.skipping import skipped
from firebrigade.responder.engine.step_decisions import (
    Decided,
    age_of,
    applying,
    given_up,
    in_reach,
    made_after_all,
    not_now,
    refused,
)
from firebrigade.responder.engine.undoing import Undoing, not_undone
from firebrigade.responder.errors import StoreUnavailableError
from firebrigade.responder.evidence import step_entry
from firebrigade.responder.model import TimelineEntry
from firebrigade.responder.model_steps import StepResult, StepStatus
from firebrigade.responder.restraints import Restraints
from firebrigade.responder.stages.verify import LOOK_AGAIN_AFTER, judge, out_of_time
from firebrigade.responder.store.store import Store
from firebrigade.responder.turns import waits_its_turn
from firebrigade.runbooks import records
from firebrigade.runbooks.contract import (
    ActionError,
    Health,
    PermanentActionError,
    Plan,
    Refusal,
    RefusalReason,
    TemporaryActionError,
)
from firebrigade.runbooks.guards import HISTORY
from firebrigade.runbooks.readings import StepExecutor
from firebrigade.runbooks.trouble import Trouble

LEASE = timedelta(minutes=5)
ATTEMPTS = 10  # of one stretch; about five minutes with the backoff
PLAN_HOLDS = timedelta(minutes=2)  # a plan that waited longer, as through maintenance, is of another world

_log = structlog.get_logger(__name__)


class Runner:
    """Takes steps further with an executor."""

    def __init__(
        self, store: Store, executor: StepExecutor, clock: Clock, restraints: Restraints | None = None
    ) -> None:
        self._store = store
        self._executor = executor
        self._clock = clock
        self._restraints = restraints or Restraints()
        self._permission = Permission(store, executor, self._restraints)
        self._undoing = Undoing(store, executor, clock, self._permission)

    def claim(self) -> StepResult | None:
        """Take the step that is longest due."""
        return self._store.claim_step(self._clock.now(), LEASE)

    def run(self, step: StepResult) -> None:
        """Take a claimed step one stretch further.

        Raises:
            StoreUnavailableError: the result could not be written down.
        """
        stretches: dict[StepStatus, Callable[[StepResult], None]] = {
            StepStatus.PENDING: self._begin,
            StepStatus.PLANNED: self._apply,
            StepStatus.PROPOSED: self._wait_for_answer,
            StepStatus.APPROVED: self._plan_again,
            StepStatus.APPLYING: self._apply,
            StepStatus.APPLIED: self._verify,
            StepStatus.UNDOING: self._undo,
        }
        try:
            stretches[step.status](step)
        except ActionError as error:
            self._failed(step, error)
        except StoreUnavailableError:
            raise  # not the action's failure: the stretch is done again when the claim ends
        except Exception as error:
            # An action's own mistake is handed to people, not tried again: nobody knows what it would do.
            _log.exception("action_broken", action=step.action, step_id=step.step_id)
            words = f"the action failed by itself ({type(error).__name__}); see the log"
            self._failed(step, PermanentActionError(words))

    def _begin(self, step: StepResult) -> None:
        """Skip the step if its conditions do not hold, else take a reading or plan a change."""
        if not self._turn_has_come(step):
            return
        definition = records.step_from_json(step.definition)
        run = self._store.steps(step.incident_id) if definition.when else ()
        if left_out := skipped(step, definition, run, self._clock.now()):
            self._finish(*left_out)
            return
        if not self._executor.reads(step.action):
            self._plan(step)
            return
        found = take_reading(self._executor, step, self._clock)
        self._finish(*(refused(step, found, self._clock.now()) if isinstance(found, Refusal) else found))

    def _plan(self, step: StepResult) -> None:
        now = self._clock.now()
        definition = records.step_from_json(step.definition)
        if refusal := self._permission.to_plan(definition, step):
            self._finish(*refused(step, refusal, now))
            return
        found = self._executor.plan(definition, self._trouble(step), step.step_id, now)
        if isinstance(found, Refusal):
            self._finish(*refused(step, found, self._clock.now()))
            return
        planned = replace(
            step,
            status=StepStatus.PLANNED,
            plan=records.plan_to_json(found),
            target=str(found.target),
            next_attempt_at=now,
            attempts=0,
        )
        self._finish(planned, [step_entry(step, now, "planned", found.summary, planned=planned.plan)])

    def _wait_for_answer(self, step: StepResult) -> None:
        self._finish(*unanswered(step, self._store.incident(step.incident_id), self._clock.now()))

    def _plan_again(self, step: StepResult) -> None:
        """Make an approved plan anew, and apply it only if it is still the same."""
        now = self._clock.now()
        if (over := lapsed(step, self._store.incident(step.incident_id), now)) is not None:
            self._finish(*over)
            return
        if not self._turn_has_come(step):
            return
        definition = records.step_from_json(step.definition)
        if refusal := self._permission.to_plan(definition, step):
            self._finish(*refused(step, refusal, now))
            return
        # As of the moment of the approved plan: a time in it, such as a restart's, would differ for no other reason.
        as_of = records.plan_from_json(step.plan or {}).planned_at
        found = self._executor.plan(definition, self._trouble(step), step.step_id, as_of)
        if isinstance(found, Refusal):
            self._finish(*refused(step, found, now))
            return
        anew = replace(step, plan=records.plan_to_json(replace(found, planned_at=now)))
        if is_approved(anew):
            self._apply(anew, step.plan)
            return
        words = f"the world has changed since {step.answered_by} approved the plan: {found.summary}"
        self._finish(*made_anew(step, words, now, at=now))

    def _apply(self, step: StepResult, approved: Mapping[str, Any] | None = None) -> None:
        """Write the intent down and apply; what does not begin now stays as it was when a person approved it."""
        plan = records.plan_from_json(step.plan or {})
        step = replace(step, environment=self._restraints.modes.environment_of(plan.target))
        kept = replace(step, plan=approved or step.plan)
        now = self._clock.now()
        if step.status is StepStatus.APPLYING and self._looks_back(step, plan):
            return
        if step.status is StepStatus.PLANNED and abs(now - plan.planned_at) > PLAN_HOLDS:
            self._finish(replace(step, status=StepStatus.PENDING, next_attempt_at=now, attempts=0), ())
            return

        def decide(case: StepCase) -> Decided:
            ended = not_now(kept, case.incident, now)
            if ended is not None:
                return ended
            refusal = self._permission.to_apply(plan, step, case)
            if refusal is None:
                return applying(step, now)
            if waiting := waits_its_turn(kept, refusal, now, self._restraints.wait_for_lock):
                return waiting
            if refusal.reason is RefusalReason.APPROVAL and step.status is StepStatus.PLANNED:
                return proposed(step, now, self._restraints.approve_within, refusal.summary)
            return refused(kept, refusal, now)

        decided = self._store.begin_step(step, now, HISTORY, decide)
        if decided is None or decided.status is not StepStatus.APPLYING or decided.next_attempt_at is None:
            if decided is not None:
                self._finish(decided, ())
            return
        change = self._executor.apply(plan)
        now = self._clock.now()
        within = records.step_from_json(step.definition).verify_within
        applied = replace(
            decided,
            status=StepStatus.APPLIED,
            after=records.change_to_json(change),
            verify_until=now + within,
            next_attempt_at=now,
            attempts=0,
        )
        self._finish(applied, [step_entry(step, now, "applied", change.summary, changed=applied.after)])

    def _turn_has_come(self, step: StepResult) -> bool:
        """Look whether a step that waits for a lock may go on, before anything is planned anew; else it waits on."""
        if step.locked_since is None or step.plan is None:
            return True
        plan, now = records.plan_from_json(step.plan), self._clock.now()

        def decide(case: StepCase) -> Decided:
            refusal = self._permission.to_apply(plan, step, case)
            waiting = waits_its_turn(step, refusal, now, self._restraints.wait_for_lock)
            return not_now(step, case.incident, now) or waiting or (step, [])

        decided = self._store.begin_step(step, now, HISTORY, decide)
        if decided is not None and decided != step:
            self._finish(decided, ())
        return decided == step

    def _looks_back(self, step: StepResult, plan: Plan) -> bool:
        """Look whether the change of an interrupted attempt is there, its incident being over; False to give up."""
        if self._store.incident(step.incident_id).open:
            return False
        definition = records.step_from_json(step.definition)
        verdict = self._executor.verify(plan, definition, step.labels)
        now = self._clock.now()
        if verdict.health is Health.WAITING and now < (step.applied_at or now) + definition.verify_within:
            self._finish(replace(step, next_attempt_at=now + LOOK_AGAIN_AFTER, verdict=verdict.summary), ())
            return True
        if verdict.health is not Health.HEALTHY:
            return False
        self._finish(*made_after_all(step, verdict, now))
        return True

    def _verify(self, step: StepResult) -> None:
        definition = records.step_from_json(step.definition)
        plan = records.plan_from_json(step.plan or {})
        verdict = self._executor.verify(plan, definition, step.labels, age_of(step, definition, self._clock.now()))
        now = self._clock.now()
        incident_open = self._store.incident(step.incident_id).open
        judged = judge(
            in_reach(step, now),
            verdict,
            incident_open=incident_open,
            undo=definition.undo,
            now=now,
            healthy_for=definition.healthy_for,
        )
        kinds = {StepStatus.VERIFIED: "verified", StepStatus.UNVERIFIED: "unverified"}
        kinds |= dict.fromkeys((StepStatus.FAILED, StepStatus.UNDOING), "step_failed")
        kind = kinds.get(judged.status)
        self._finish(judged, [step_entry(step, now, kind, judged.verdict, seen=verdict.evidence)] if kind else [])

    def _undo(self, step: StepResult) -> None:
        self._finish(*self._undoing.go_on(step))

    def _failed(self, step: StepResult, error: ActionError) -> None:
        """Write down a stretch that did not succeed: again later, or given up and handed to people."""
        now = self._clock.now()
        current = next(held for held in self._store.steps(step.incident_id) if held.id == step.id)
        step = replace(current, fence=step.fence)
        _log.warning("step_delayed", action=step.action, step_id=step.step_id, error=str(error))
        if step.status is StepStatus.UNDOING:
            self._finish(*not_undone(step, error, now))
            return
        if step.status is StepStatus.APPLIED and not isinstance(error, PermanentActionError):
            step = in_reach(step, now)
            if not out_of_time(step, now):
                self._finish(replace(step, next_attempt_at=now + LOOK_AGAIN_AFTER, verdict=str(error)), ())
                return
        elif not isinstance(error, PermanentActionError) and step.attempts < ATTEMPTS:
            asked = error.retry_after_seconds if isinstance(error, TemporaryActionError) else None
            entries = [step_entry(step, now, "step_delayed", str(error))] if step.attempts == 1 else []
            at = retry_at(max(step.attempts, 1), now, asked)
            self._finish(replace(step, next_attempt_at=at, verdict=str(error)), entries)
            return
        self._finish(*given_up(step, self._store.incident(step.incident_id), error, now))

    def _trouble(self, step: StepResult) -> Trouble:
        return Trouble(labels=step.labels, known_since=self._store.incident(step.incident_id).opened_at)

    def _finish(self, step: StepResult, entries: Sequence[TimelineEntry]) -> None:
        if step.status is StepStatus.VERIFIED and self._executor.prepares(step.action):
            step = replace(step, status=StepStatus.DONE)
        self._store.finish_step(step, entries, self._clock.now())
        for told in entries:
            _log.info("timeline", incident_id=step.incident_id, kind=told.kind, detail=told.detail)

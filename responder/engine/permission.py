"""Who may say no to a step: off file and switch, restraints, guards, trust. Asked at each of a step's turns.

The runner asks. What each of them goes by is theirs: ``restraints.py``, ``trust.py`` and the executor's guards.
"""

from collections.abc import Sequence
from datetime import datetime
from functools import partial

from firebrigade.responder.approval import is_approved
from firebrigade.responder.case import StepCase
from firebrigade.responder.engine.off_file import look_for
from firebrigade.responder.engine.step_decisions import past
from firebrigade.responder.model_steps import StepResult, StepStatus
from firebrigade.responder.restraints import Restraints, changed_by_no_machine, restrained, switched_off
from firebrigade.responder.store.store import Store
from firebrigade.responder.trust import within_trust
from firebrigade.responder.turns import PASSING, behind, in_vain
from firebrigade.runbooks.contract import PastStep, Plan, Refusal, RefusalReason, RunbookStep
from firebrigade.runbooks.readings import StepExecutor


class Permission:
    """Asks everybody who can say no; the first refusal wins."""

    def __init__(self, store: Store, executor: StepExecutor, restraints: Restraints) -> None:
        self._store = store
        self._executor = executor
        self._restraints = restraints

    def to_plan(self, definition: RunbookStep, step: StepResult) -> Refusal | None:
        """Ask what needs no plan: where it says no, the cluster may not even let us read what a plan is made of."""
        return self._off() or self._executor.permit(definition, step.labels)

    def to_apply(self, plan: Plan, step: StepResult, case: StepCase) -> Refusal | None:
        """Ask everything that can say no; that a person is needed is no refusal where one has approved this plan."""
        refusal, begun = self._refusal(plan, step, case), step.status is StepStatus.APPLYING
        if refusal is None or refusal.reason not in PASSING or begun:
            return refusal
        waits = self._restraints.wait_for_lock
        return in_vain(step, plan, past(case.history), case.now, waits, self._executor.allow) or refusal

    def to_undo(self, plan: Plan) -> Refusal | None:
        """Ask those who want no change at all: taking back is one as well."""
        return self._off() or changed_by_no_machine(self._restraints.modes, plan)

    def _refusal(self, plan: Plan, step: StepResult, case: StepCase) -> Refusal | None:
        # A change that was begun is taken to its end: only so does anybody know whether it was made.
        trust = None if step.status is StepStatus.APPLYING else case.trust
        refusal = (
            look_for(self._restraints.off_file)
            or restrained(self._restraints, plan, step.labels, case)
            or within_trust(trust, plan, self._executor.allow(plan, past(case.history), case.now))
        )
        if refusal is not None and refusal.reason is RefusalReason.APPROVAL and is_approved(step):
            refusal = None
        if refusal is not None or step.status is StepStatus.APPLYING:
            return refusal
        return behind(step, plan, case.waiting, past(case.history), case.now, partial(self._guards, now=case.now))

    def _guards(self, step: StepResult, plan: Plan, history: Sequence[PastStep], *, now: datetime) -> Refusal | None:
        refusal = self._executor.allow(plan, history, now)
        approved = refusal is not None and refusal.reason is RefusalReason.APPROVAL and is_approved(step)
        return None if approved else refusal

    def _off(self) -> Refusal | None:
        return look_for(self._restraints.off_file) or switched_off(self._store.automation_on())

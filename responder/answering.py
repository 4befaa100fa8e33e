"""The one way in which a person approves or rejects a plan, whichever way they come.

The API calls it for the command line and other programs; a button or a page calls it too, and nothing else writes an
answer down. Whoever calls has made sure who the person is and that they may; what the answer does, `approval.answered`
says.
"""

from firebrigade.responder.approval import Answer
from firebrigade.responder.clock import Clock
from firebrigade.responder.errors import NotFoundError
from firebrigade.responder.model_steps import StepResult
from firebrigade.responder.records import Engine, Records

_MOST_STEPS = 10_000


def answer_plan(store: Records, engine: Engine, clock: Clock, place: tuple[int, int], answer: Answer) -> StepResult:
    """Write an answer down and have the engine look at it at once; the same answer again changes nothing.

    Args:
        store: where it is written.
        engine: who applies what was approved.
        clock: the time of the answer.
        place: the incident's id and the step's number, from 1 on.
        answer: which plan, yes or no, and who says so.

    Returns:
        The step as it is now; ``answered_by`` and ``answered_at`` say whose answer counts.

    Raises:
        NotFoundError: there is no such incident or step.
        ConflictError: it can't be answered so, or not any more.
        StoreUnavailableError: nothing was written.
    """
    incident_id, number = place
    if not 1 <= number <= _MOST_STEPS:
        raise NotFoundError(f"incident {incident_id} has no step {number}")
    step = store.answer_step(incident_id, number - 1, answer, clock.now())
    engine.wake()
    return step

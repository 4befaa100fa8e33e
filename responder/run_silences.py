"""Silences that runbooks make for the length of a run: made, found again and ended by the mark in their comments.

``silence_alert`` makes them through ``RunSilencer``, the engine's keeper ends what ``surplus`` returns, and the
reconciler does not take them for a reason to hold a run back. As with the silences of maintenance (``silences.py``),
Alertmanager's own list is the only truth.
"""

import re
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from datetime import datetime, timedelta

from firebrigade.responder.alertmanager_records import NewSilence, Silence, SilenceState
from firebrigade.responder.errors import AlertmanagerError, NotFoundError
from firebrigade.responder.matchers import Matcher
from firebrigade.responder.silences import CREATED_BY, Silencer
from firebrigade.runbooks.contract import PermanentActionError, TemporaryActionError, UnknownOutcomeError
from firebrigade.runbooks.silencing import SilenceStanding, StepSilence

LONGEST = timedelta(hours=1)

# Not the mark of maintenance: its keeper would end what no window wants.
_MARK = re.compile(r"\[firebrigade-run:([a-z0-9-]{1,63})\]\Z")


def step_of(silence: Silence) -> str:
    """Return the id of the step that made a silence, or nothing."""
    found = _MARK.search(silence.comment) if silence.created_by == CREATED_BY else None
    return found[1] if found else ""


def surplus(silences: Sequence[Silence], over: Mapping[str, bool]) -> list[Silence]:
    """Return the living silences whose run has ended. Pure.

    Args:
        silences: all that one Alertmanager lists.
        over: by the key of an incident whether its run has ended; another Firebrigade's incidents are not among them.
    """
    living = (silence for silence in silences if silence.state is not SilenceState.EXPIRED and step_of(silence))
    return [silence for silence in living if over.get(step_of(silence).rpartition("-")[0], False)]


class RunSilencer:
    """Lends the configured Alertmanagers to ``silence_alert``: an alert is silenced in each of them.

    Args:
        alertmanagers: at least one.
    """

    def __init__(self, alertmanagers: Sequence[Silencer]) -> None:
        self._alertmanagers = tuple(alertmanagers)

    def of_step(self, step_id: str) -> list[StepSilence]:
        """Return the silences that a step made; raises as an action does."""
        return [
            StepSilence(id=f"{number}/{silence.id}", standing=SilenceStanding(silence.state.value))
            for number, alertmanager in enumerate(self._alertmanagers)
            for silence in _made_by(alertmanager, step_id)
        ]

    def silence(self, step_id: str, labels: Mapping[str, str], ends_at: datetime) -> None:
        """Silence the alert wherever the step has not done so yet; raises as an action does."""
        new = NewSilence(
            matchers=tuple(Matcher(name, "=", value) for name, value in labels.items()),
            starts_at=ends_at - LONGEST,  # in the past: Alertmanager makes its own now of it
            ends_at=ends_at,
            created_by=CREATED_BY,
            comment=f"A runbook is at work on this alert [firebrigade-run:{step_id}]",
        )
        for alertmanager in self._alertmanagers:
            if not _made_by(alertmanager, step_id):
                with _as_action_errors(changes=True):
                    alertmanager.create_silence(new)

    def expire(self, silence_id: str) -> None:
        """End a silence; raises as an action does."""
        number, _, own_id = silence_id.partition("/")
        with _as_action_errors(changes=False), suppress(NotFoundError):  # ending it twice does no harm
            self._alertmanagers[int(number)].expire_silence(own_id)


def _made_by(alertmanager: Silencer, step_id: str) -> list[Silence]:
    with _as_action_errors(changes=False):
        return [silence for silence in alertmanager.silences() if step_of(silence) == step_id]


@contextmanager
def _as_action_errors(*, changes: bool) -> Iterator[None]:
    try:
        yield
    except AlertmanagerError as error:
        if not error.temporary:
            raise PermanentActionError(f"{error}.") from None
        if changes:
            raise UnknownOutcomeError(f"{error}; the silence may have been made.") from None
        raise TemporaryActionError(f"{error}.") from None

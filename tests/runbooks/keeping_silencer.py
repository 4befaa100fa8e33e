"""A silencer that keeps what it is asked for, in memory; the real one is tried against Alertmanager."""

from collections.abc import Mapping
from datetime import datetime

from firebrigade.runbooks.contract import TemporaryActionError, UnknownOutcomeError
from firebrigade.runbooks.silencing import SilenceStanding, StepSilence


class KeepingSilencer:
    """Keeps silences by step.

    Attributes:
        forgets: the answer to the next change is lost, after its effect.
        slow: what is made does not begin.
        busy: the next question is not answered now.
        made: the labels of each silence.
    """

    def __init__(self) -> None:
        self.forgets = self.slow = self.busy = False
        self.changes = 0
        self.made: dict[str, Mapping[str, str]] = {}
        self._standing: dict[str, SilenceStanding] = {}

    @property
    def living(self) -> list[str]:
        """The steps whose silence has not ended."""
        return [step for step, standing in self._standing.items() if standing is not SilenceStanding.EXPIRED]

    def of_step(self, step_id: str) -> list[StepSilence]:
        if self.busy:
            self.busy = False
            raise TemporaryActionError("Alertmanager is busy.", retry_after_seconds=7)
        found = self._standing.get(step_id)
        return [StepSilence(id=step_id, standing=found)] if found else []

    def silence(self, step_id: str, labels: Mapping[str, str], ends_at: datetime) -> None:
        assert ends_at.tzinfo is not None
        if step_id not in self._standing:
            self.made[step_id] = labels
            self._change(step_id, SilenceStanding.PENDING if self.slow else SilenceStanding.ACTIVE)

    def expire(self, silence_id: str) -> None:
        self._change(silence_id, SilenceStanding.EXPIRED)

    def _change(self, step_id: str, standing: SilenceStanding) -> None:
        self.changes += 1
        self._standing[step_id] = standing
        if self.forgets:
            self.forgets = False
            raise UnknownOutcomeError("No answer came.")

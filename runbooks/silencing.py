"""How a step silences the alert that it answers: what the responder lends to ``silence_alert``. Pure."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import Protocol


class SilenceStanding(StrEnum):
    """Where a silence stands, as Alertmanager says it."""

    PENDING = "pending"
    ACTIVE = "active"
    EXPIRED = "expired"


@dataclass(frozen=True, slots=True, kw_only=True)
class StepSilence:
    """A silence that a step made."""

    id: str
    standing: SilenceStanding


class AlertSilencer(Protocol):
    """Alertmanager, as far as a step needs it; each method raises ActionErrors as an action does."""

    def of_step(self, step_id: str) -> Sequence[StepSilence]:
        """Return the silences that a step made, expired ones too while Alertmanager remembers them."""
        ...

    def silence(self, step_id: str, labels: Mapping[str, str], ends_at: datetime) -> None:
        """Silence exactly the alert with these labels, where the step has not done so yet."""
        ...

    def expire(self, silence_id: str) -> None:
        """End a silence now; ending it twice does no harm."""
        ...

"""The recorders of all processes that the fleet plays: pods, and what the exporters count about them.

``fleet.py`` holds one, behind its lock.
"""

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import datetime

from sandbox.fleet.recorder import Family, Recorder
from sandbox.fleet.series import Counter, Series


@dataclass(frozen=True, slots=True, kw_only=True)
class Owner:
    """Whose counters: they begin at 0 with another container run, and end with the pod.

    Attributes:
        uid: the pod that is spoken of; empty for what is no pod.
        speaker: who speaks, a container's run or an exporter.
        since: when counting began.
    """

    uid: str
    speaker: str
    since: datetime


class Memory:
    """One recorder per owner."""

    def __init__(self) -> None:
        self._recorders: dict[tuple[str, str], Recorder] = {}

    def families(self, owner: Owner, series: Sequence[Series], now: datetime) -> list[Family]:
        """Let time pass for this owner, and return what it says now."""
        recorder = self._recorder(owner)
        recorder.advance(series, now)
        return recorder.families(series)

    def count(self, owner: Owner, counter: Counter, amount: float) -> None:
        """Add something that happened at once."""
        self._recorder(owner).count(counter, amount)

    def keep_only(self, uids: Collection[str]) -> None:
        """Forget all pods but these."""
        kept = {"", *uids}
        self._recorders = {key: recorder for key, recorder in self._recorders.items() if key[0] in kept}

    def _recorder(self, owner: Owner) -> Recorder:
        return self._recorders.setdefault((owner.uid, owner.speaker), Recorder(owner.since))

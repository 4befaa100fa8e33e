"""Wait before the next step, such as until a cache is warm or an autoscaler has looked.

The step pauses and is looked at again when its time is over: nothing waits meanwhile but the run, which ends with its
incident. Pages go out and escalation goes on.
"""

from collections.abc import Sequence
from datetime import timedelta
from typing import Annotated, ClassVar, Self

from pydantic import AfterValidator

from firebrigade.runbooks.clients import Clients
from firebrigade.runbooks.contract import ActionParams, Risk, Target
from firebrigade.runbooks.durations import Duration, format_duration
from firebrigade.runbooks.readings import Asked, Pause, Reading
from firebrigade.runbooks.rights import Right


def _some_time(duration: timedelta) -> timedelta:
    if not timedelta() < duration <= timedelta(hours=1):
        raise ValueError("must be more than nothing and at most 1h: people wait for it")
    return duration


class WaitParams(ActionParams):
    """How long.

    Attributes:
        duration: how long to wait, at most 1h.
    """

    duration: Annotated[Duration, AfterValidator(_some_time)]


class Wait:
    """Pause once."""

    NAME: ClassVar[str] = "wait"
    Params: ClassVar[type[ActionParams]] = WaitParams
    RISK: ClassVar[Risk] = Risk.READ
    TARGET_KIND: ClassVar[str] = ""
    RESULTS: ClassVar[Sequence[str]] = ("over",)
    RIGHTS: ClassVar[Sequence[Right]] = ()

    @classmethod
    def from_clients(cls, clients: Clients) -> Self | None:  # noqa: ARG003 - it needs none
        """Return an instance."""
        return cls()

    def read(self, target: Target | None, params: ActionParams, asked: Asked) -> Reading | Pause:  # noqa: ARG002
        """Pause until the time is over, which is counted from the first look."""
        assert isinstance(params, WaitParams)  # noqa: S101 - the executor validated them
        until = asked.now + params.duration
        if asked.paused_until is not None:
            until = min(asked.paused_until, until)  # a clock that went back begins the wait anew
        words = format_duration(params.duration)
        if asked.now >= until:
            return Reading(result="over", summary=f"waited {words}")
        return Pause(until=until, summary=f"waits {words}")

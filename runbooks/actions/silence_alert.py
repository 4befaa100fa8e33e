"""Silence the alert that is being answered in Alertmanager, so that its other receivers are quiet during the repair.

The silence names every label of the alert, so that it hides this one and no other. It ends with the run, at the latest
after `duration`. Firebrigade's own pages, its escalation and the runbook go on. It helps nobody by itself: the
next step follows.

A silence that a person ended is not made again.
"""

from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import Annotated, ClassVar, Self

from pydantic import AfterValidator

from firebrigade.runbooks.clients import Clients
from firebrigade.runbooks.contract import (
    ActionParams,
    Change,
    Health,
    PermanentActionError,
    Plan,
    Refusal,
    RefusalReason,
    Risk,
    Target,
    Verdict,
)
from firebrigade.runbooks.durations import Duration, format_duration
from firebrigade.runbooks.rights import Right
from firebrigade.runbooks.silencing import AlertSilencer, SilenceStanding
from firebrigade.runbooks.trouble import Trouble


def _some_time(duration: timedelta) -> timedelta:
    if not timedelta() < duration <= timedelta(hours=1):
        raise ValueError("must be more than nothing and at most 1h: what is silenced is not heard")
    return duration


class SilenceAlertParams(ActionParams):
    """How long.

    Attributes:
        duration: when the silence ends at the latest, at most 1h.
    """

    duration: Annotated[Duration, AfterValidator(_some_time)] = timedelta(minutes=15)


class SilenceAlert:
    """Make one silence for one alert."""

    NAME: ClassVar[str] = "silence_alert"
    Params: ClassVar[type[ActionParams]] = SilenceAlertParams
    RISK: ClassVar[Risk] = Risk.LOW
    TARGET_KIND: ClassVar[str] = ""
    RIGHTS: ClassVar[Sequence[Right]] = ()
    PREPARES: ClassVar[bool] = True

    def __init__(self, silencer: AlertSilencer) -> None:
        self._silencer = silencer

    @classmethod
    def from_clients(cls, clients: Clients) -> Self | None:
        """Return an instance, or None without Alertmanager."""
        return cls(clients.silencer) if clients.silencer else None

    def plan(self, target: Target, params: ActionParams, step_id: str, now: datetime) -> Plan | Refusal:
        """Refuse: without labels there is nothing to silence."""
        return self.plan_for(Trouble(), target, params, step_id, now)

    def plan_for(
        self, trouble: Trouble, target: Target, params: ActionParams, step_id: str, now: datetime
    ) -> Plan | Refusal:
        """Write down which labels are silenced until when."""
        assert isinstance(params, SilenceAlertParams)  # noqa: S101 - the executor validated them
        named = {name: value for name, value in sorted(trouble.labels.items()) if value}
        if target.kind or not named.get("alertname"):
            text = "silence_alert silences the alert that is answered, and this one has no name."
            return Refusal(reason=RefusalReason.INVALID_TARGET, summary=text)
        before = [silence.standing.value for silence in self._silencer.of_step(step_id)]
        name = "".join(one if one.isalnum() and one.isascii() else "." for one in named["alertname"].lower())[:200]
        return Plan(
            step_id=step_id,
            action=self.NAME,
            target=Target(kind="alert", namespace="", name=name),
            params=params.model_dump(mode="json"),
            before={"silences": before},
            desired={"labels": named, "ends_at": (now + params.duration).isoformat()},
            precondition={},
            summary=f"Silence this {named['alertname']} for {format_duration(params.duration)}, or until the run ends.",
            planned_at=now,
        )

    def apply(self, plan: Plan) -> Change:
        """Make the silence, unless it is there, or was and has ended."""
        found = [silence.standing for silence in self._silencer.of_step(plan.step_id)]
        if found and set(found) == {SilenceStanding.EXPIRED}:
            raise PermanentActionError("The silence was ended, or taken back; it is not made again.")
        ends_at = datetime.fromisoformat(plan.desired["ends_at"])
        self._silencer.silence(plan.step_id, plan.desired["labels"], ends_at)
        words = "was there already" if found else "was made"
        said = f"The silence {words}; it ends at {ends_at:%H:%M:%S}Z at the latest."
        return Change(already=bool(found), after={"ends_at": plan.desired["ends_at"]}, summary=said)

    def verify(self, plan: Plan) -> Verdict:
        """Look whether Alertmanager keeps it."""
        found = {silence.standing for silence in self._silencer.of_step(plan.step_id)}
        if SilenceStanding.PENDING in found:
            return Verdict(health=Health.WAITING, summary="The silence has not begun.")
        if SilenceStanding.ACTIVE in found:
            return Verdict(health=Health.HEALTHY, summary="The alert is silenced.")
        return Verdict(health=Health.FAILED, summary="The silence has ended." if found else "There is no silence.")

    def undo(self, plan: Plan) -> Change | None:
        """End the silence."""
        found = self._silencer.of_step(plan.step_id)
        living = [silence for silence in found if silence.standing is not SilenceStanding.EXPIRED]
        for silence in living:
            self._silencer.expire(silence.id)
        words = "was ended" if living else "had ended already"
        return Change(already=not living, after={}, summary=f"The silence {words}.") if found else None

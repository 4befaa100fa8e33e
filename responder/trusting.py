"""The one way in which a person sees and changes how far runbooks are trusted, whichever way they come.

The API calls it for the command line and other programs, and nothing else lets a person write to the ledger. Whoever
calls has made sure who the person is. What a change takes, `entry_of` says, in the transaction that writes it down.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Protocol

from firebrigade.responder.config_problems import did_you_mean
from firebrigade.responder.errors import ConflictError, NotAllowedError, NotFoundError
from firebrigade.responder.trust import (
    Standing,
    TrustEntry,
    TrustEvent,
    TrustKey,
    TrustLevel,
    TrustSettings,
    standing,
    steps_hash,
)
from firebrigade.responder.trust_chain import TrustChain
from firebrigade.runbooks.contract import Runbook
from firebrigade.runbooks.records import step_to_json


@dataclass(frozen=True, slots=True, kw_only=True)
class TrustChange:
    """What a person wants of a runbook's trust.

    Attributes:
        level: the level that it is to have; naming it makes the same request harmless a second time.
        actor: who it is, as the service knows them.
        reason: why, in the person's words.
    """

    key: TrustKey
    level: TrustLevel
    actor: str
    reason: str


class TrustLedger(Protocol):
    """The ledger as people's requests use it; raises StoreUnavailableError when the database can't answer."""

    def entries(self, runbook: str = "", environment: str = "", /) -> Sequence[TrustEntry]:
        """Return entries, oldest first; of one runbook in one environment where they are named."""
        ...

    def since_levels(self) -> Sequence[TrustEntry]:
        """Return all that standings are made of: each runbook's entries from its latest level on, oldest first."""
        ...

    def chain(self) -> TrustChain:
        """Return the whole ledger to check it."""
        ...

    def change(self, settings: TrustSettings, change: TrustChange, now: datetime, /) -> Standing:
        """Write a change down if it is allowed, and return what comes of it; raises ConflictError."""
        ...


@dataclass(frozen=True, slots=True, kw_only=True)
class Trusting:
    """What people see and change trust with.

    Attributes:
        settings: None while no trust is configured: modes alone decide.
    """

    ledger: TrustLedger
    runbooks: Iterable[Runbook]
    settings: TrustSettings | None

    def standings(self) -> list[Standing]:
        """Return where every runbook that has steps stands in every environment; nothing while trust is not on."""
        if self.settings is None:
            return []
        found: dict[tuple[str, str], list[TrustEntry]] = {}
        for one in self.ledger.since_levels():
            found.setdefault((one.runbook, one.environment), []).append(one)
        keys = [
            _key(runbook, environment)
            for runbook in self.runbooks
            if runbook.steps
            for environment in self.settings.environments
        ]
        return [standing(self.settings, key, found.get((key.runbook, key.environment), [])) for key in keys]

    def history(self, runbook: str, environment: str) -> tuple[Standing, list[TrustEntry]]:
        """Return where a runbook stands, and every entry about it, oldest first.

        Raises:
            NotFoundError: there is no such runbook with steps, or no such environment.
            ConflictError: trust is not configured.
        """
        settings, key = self._found(runbook, environment)
        entries = list(self.ledger.entries(runbook, environment))
        return standing(settings, key, entries), entries

    def change(self, place: tuple[str, str], wanted: tuple[TrustLevel, str], actor: str, now: datetime) -> Standing:
        """Promote or demote a runbook; the same again changes nothing.

        Args:
            place: the runbook's name and the environment's.
            wanted: the level that it is to have, and why.
            actor: one of the approvers.
            now: the time of the change.

        Raises:
            NotAllowedError: whoever it is may demote and not promote.
            NotFoundError, ConflictError: as `history`, and when the change is not allowed (`entry_of`).
            StoreUnavailableError: nothing was written.
        """
        settings, key = self._found(*place)
        level, reason = wanted
        if actor not in settings.promoters and level.rank > self.history(*place)[0].level.rank:
            raise NotAllowedError(f"{actor} may not promote: firebrigade.yaml does not say may_promote: true of them")
        return self.ledger.change(settings, TrustChange(key=key, level=level, actor=actor, reason=reason), now)

    def _found(self, runbook: str, environment: str) -> tuple[TrustSettings, TrustKey]:
        if self.settings is None:
            raise ConflictError("trust is not configured, so modes alone decide; add trust: {} to firebrigade.yaml")
        known = {one.name: one for one in self.runbooks if one.steps}
        if runbook not in known:
            raise NotFoundError(f"there is no runbook {runbook!r} with steps{did_you_mean(runbook, known)}")
        if environment not in self.settings.environments:
            hint = did_you_mean(environment, self.settings.environments)
            raise NotFoundError(f"there is no environment {environment!r}{hint}")
        return self.settings, _key(known[runbook], environment)


def entry_of(settings: TrustSettings, change: TrustChange, before: Standing, now: datetime) -> TrustEntry | None:
    """Return what a person's change writes into the ledger, or None: it has that level already. Pure.

    Down goes any way, at any time. Up goes one level at a time, and takes the successes; who may, was asked before.
    The level that edited steps are shown at is a way down as well, while the steps that earned more could come back.

    Raises:
        ConflictError: it is too far, or too early; one sentence says why.
    """
    up = change.level.rank - before.level.rank
    if up == 0 and before.held is before.level:
        return None
    where = f"{change.key.runbook} in {change.key.environment}"
    if up > 0 and change.actor not in settings.promoters:
        raise ConflictError(f"{where} was demoted meanwhile, to {before.level.value}")
    if up > 1:
        step = before.level.moved(1).value
        raise ConflictError(f"{where} is at {before.level.value}: promote it to {step} first, one level at a time")
    if up == 1 and before.successes < before.needed:
        what = "verified runs" if before.level.applies else "plans that every guard let through"
        found = f"{before.successes} of the {before.needed} {what} that a promotion takes"
        raise ConflictError(f"{where} has {found} since it came to {before.level.value}: {before.because}")
    return TrustEntry(
        runbook=change.key.runbook,
        environment=change.key.environment,
        steps=change.key.steps,
        at=now,
        event=TrustEvent.PROMOTED if up > 0 else TrustEvent.DEMOTED,
        level=change.level,
        actor=change.actor,
        reason=change.reason,
    )


def _key(runbook: Runbook, environment: str) -> TrustKey:
    steps = steps_hash([step_to_json(step) for step in runbook.steps])
    return TrustKey(runbook=runbook.name, environment=environment, steps=steps)

"""How far a runbook is trusted in an environment, and what of its runs changes that. Pure.

The ledger (``store/ledger.py``) only ever grows; a level is what its entries come to. The trust is in exactly the steps
that earned it: a runbook whose steps were edited is back at approve. Nothing here knows modes: a plan gets the stricter
of its mode and its level.
"""

import hashlib
import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import Any

from firebrigade.runbooks.contract import Plan, Refusal, RefusalReason

# What a later version adds to a step is one of these where a runbook does not say it.
_UNSAID: tuple[Any, ...] = (None, "", False, 0, {}, [])


class TrustLevel(StrEnum):
    """What a runbook may do, least trusted first."""

    OBSERVE = "observe"  # plans are written down
    SUGGEST = "suggest"  # people are told the plan, and carry it out themselves
    APPROVE = "approve"  # applied once a person has approved the plan
    AUTO = "auto"

    @property
    def rank(self) -> int:
        """A number that is the higher the more may be done."""
        return list(TrustLevel).index(self)

    @property
    def applies(self) -> bool:
        """Whether anything is applied at it, so that there is something to verify."""
        return self in {TrustLevel.APPROVE, TrustLevel.AUTO}

    def moved(self, by: int) -> "TrustLevel":
        """Return the level so many above, or below; the first and the last are the ends."""
        return list(TrustLevel)[min(max(self.rank + by, 0), len(TrustLevel) - 1)]


class TrustEvent(StrEnum):
    """What an entry of the ledger tells."""

    PLANNED = "planned"  # a run's plan passed every guard, and was not applied
    VERIFIED = "verified"  # a run helped
    FAILED = "failed"  # a run changed something and did not help, or made things worse: one level down
    PROMOTED = "promoted"
    DEMOTED = "demoted"


@dataclass(frozen=True, slots=True, kw_only=True)
class TrustSettings:
    """The block ``trust`` of firebrigade.yaml.

    Attributes:
        start: the level of what nobody has promoted or demoted.
        promote_after: how many successes a promotion takes.
        environments: every name of one.
        promoters: the approvers who may promote.
    """

    start: TrustLevel = TrustLevel.OBSERVE
    promote_after: int = 5
    environments: tuple[str, ...] = ()
    promoters: frozenset[str] = frozenset()


@dataclass(frozen=True, slots=True, kw_only=True)
class TrustKey:
    """What is trusted: a runbook with exactly these steps, in an environment."""

    runbook: str
    environment: str
    steps: str


@dataclass(frozen=True, slots=True, kw_only=True)
class TrustEntry:
    """One entry of the ledger.

    Attributes:
        steps: `steps_hash` of the runbook as it was.
        level: the level from then on; None where it stays.
        reason: one sentence for people.
        incident_id: whose run it was, or None: a person changed the level.
        begun_at: when the run first set out to change something, or was planned; None for what a person changed.
    """

    runbook: str
    environment: str
    steps: str
    at: datetime
    event: TrustEvent
    level: TrustLevel | None
    actor: str
    reason: str
    incident_id: int | None = None
    begun_at: datetime | None = None

    def begun_before(self, other: "TrustEntry | None") -> bool:
        """Return whether it is a run that began before another entry was written."""
        return self.begun_at is not None and other is not None and self.begun_at < other.at


@dataclass(frozen=True, slots=True, kw_only=True)
class Standing:
    """Where a runbook stands in an environment.

    Attributes:
        because: why it is at this level, in words.
        successes: how many since the level changed, with the steps as they are.
        needed: how many a promotion takes.
        since: when the level changed last; None: never.
        held: the level that the ledger names; above ``level`` where it is that of steps which were edited since.
    """

    runbook: str
    environment: str
    level: TrustLevel
    held: TrustLevel
    because: str
    successes: int
    needed: int
    since: datetime | None

    @property
    def words(self) -> str:
        """The level, and how far it is from the next one."""
        if self.level is TrustLevel.AUTO:
            return "trust is at auto"
        what = "verified runs" if self.level.applies else "plans"
        return f"trust is at {self.level.value}, {min(self.successes, self.needed)} of {self.needed} {what}"


def steps_hash(definitions: Sequence[Mapping[str, Any]]) -> str:
    """Return the name of a runbook's machine part: SHA-256 of its steps as written down, in hexadecimal.

    What a step leaves out is left out here as well, so that a new version of Firebrigade with a new key is no edit.
    """
    said = [{key: value for key, value in one.items() if value not in _UNSAID} for one in definitions]
    text = json.dumps(said, sort_keys=True, separators=(",", ":"))
    return hashlib.sha256(text.encode("ascii")).hexdigest()


def standing(settings: TrustSettings, key: TrustKey, entries: Sequence[TrustEntry]) -> Standing:
    """Return where a runbook stands.

    Args:
        settings: the configuration.
        key: the runbook with the steps that it has now.
        entries: the ledger's about this runbook and environment, oldest first.
    """
    moved = [position for position, entry in enumerate(entries) if entry.level is not None]
    last = entries[moved[-1]] if moved else None
    level = held = (last.level if last else None) or settings.start
    because = f"{last.event.value} by {last.actor}: {last.reason}" if last else "where every runbook starts"
    if last is not None and last.steps != key.steps and level is TrustLevel.AUTO:
        level, because = TrustLevel.APPROVE, "its steps were changed after it came to auto"
    wanted = TrustEvent.VERIFIED if level.applies else TrustEvent.PLANNED
    later = entries[moved[-1] + 1 :] if moved else entries
    return Standing(
        runbook=key.runbook,
        environment=key.environment,
        level=level,
        held=held,
        because=because,
        successes=sum(
            entry.event is wanted and entry.steps == key.steps and not entry.begun_before(last) for entry in later
        ),
        needed=settings.promote_after,
        since=last.at if last else None,
    )


def within_trust(standing: Standing | None, plan: Plan, refusal: Refusal | None) -> Refusal | None:
    """Return the stricter of what every guard says of a plan, its mode included, and of what trust says.

    Args:
        standing: where the plan's runbook stands; None: modes alone decide.
        plan: what would be applied.
        refusal: what the guards say; the reason that is there without any trust is the one to tell.
    """
    if standing is None or (refusal is not None and refusal.reason is not RefusalReason.APPROVAL):
        return refusal
    limited = limit(standing, plan)
    if limited is None or (refusal is not None and limited.reason is RefusalReason.APPROVAL):
        return refusal
    return limited


def limit(standing: Standing, plan: Plan) -> Refusal | None:
    """Return why a plan is not applied at a level, or not without a person; None: it may be."""
    match standing.level:
        case TrustLevel.AUTO:
            return None
        case TrustLevel.APPROVE:
            text = f"It waits for a person's approval: {standing.words}."
            return Refusal(reason=RefusalReason.APPROVAL, summary=text)
        case TrustLevel.SUGGEST:
            text = f"Left for a person to do, {standing.words}: {plan.summary}"
            return Refusal(reason=RefusalReason.SUGGESTED, summary=text)
        case TrustLevel.OBSERVE:
            return Refusal(reason=RefusalReason.DRY_RUN, summary=f"Dry run, {standing.words}: {plan.summary}")


def demotion(
    settings: TrustSettings, key: TrustKey, entries: Sequence[TrustEntry], failed: TrustEntry
) -> TrustLevel | None:
    """Return the level after a run that failed: one below; None where it stays.

    It stays at the lowest, and after a loss of trust that came when the run had begun already: what makes several runs
    fail at once has one cause and costs one level. A promotion does not forgive what was under way.
    """
    last = next((entry for entry in reversed(entries) if entry.level is not None), None)
    if last is not None and last.event is not TrustEvent.PROMOTED and failed.begun_before(last):
        return None
    level = standing(settings, key, entries).level
    return level.moved(-1) if level.rank else None

"""Keeps Alertmanager's silences equal to the maintenance windows: one silence per occurrence, ahead of its start.

The engine calls ``keep_silences`` on a tick. No database row takes part: the truth is Alertmanager's own list. A row
could only repeat it, and be wrong after a crash between the request and the commit. Each silence's comment holds its
occurrence's key, so what was made before, by whatever process, is found again:

- The request was made and the process died: the next tick finds the silence.
- Two replicas made one each: both see both, and keep the one with the lowest id.
- A window was removed or edited: its key is wanted no longer, and the silence is withdrawn. Before that its comment is
  marked, so that it can be told from one that a person ended.
- A person ended it: the expired entry without mark says so, and the occurrence gets no other one. Alertmanager forgets
  the entry after its ``--data.retention`` (120 hours by default).
- A person changed it: the key in its comment holds; it is left as it is until the window is edited.

Only silences that ``created_by`` made are ever ended, so that several Firebrigades can share one Alertmanager under
different names. Replicas with different windows, as in the middle of a roll-out, undo each other's work until they
agree: let one of them call it at a time.
"""

import re
from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum
from typing import Protocol

from firebrigade.responder.alertmanager_records import NewSilence, Silence, SilenceState
from firebrigade.responder.errors import AlertmanagerError, NotFoundError
from firebrigade.responder.maintenance import occurrences
from firebrigade.responder.model import MaintenanceWindow, Occurrence

CREATED_BY = "firebrigade"
_TAG = re.compile(r"\[firebrigade:([^\s\]]+)( withdrawn: [^\]]*)?\]")


class Silencer(Protocol):
    """The part of ``alertmanager.Alertmanager`` that is needed here; each method raises AlertmanagerError."""

    def silences(self) -> Sequence[Silence]:
        """List the silences of every state."""
        ...

    def create_silence(self, silence: NewSilence) -> str:
        """Create a silence, or change the one with its id, and return the id."""
        ...

    def expire_silence(self, silence_id: str) -> None:
        """End a silence now."""
        ...


class Surplus(StrEnum):
    """Why a silence of ours is withdrawn; written into its comment."""

    UNWANTED = "window removed or edited"
    DUPLICATE = "duplicate"


@dataclass(frozen=True, slots=True, kw_only=True)
class SilencePlan:
    """What is to be done, decided from one listing.

    Attributes:
        missing: the keys of the occurrences that have no silence yet.
        surplus: the silences to withdraw, with the reason.
        ended_by_people: the keys of occurrences whose silence somebody ended; they get no other one.
    """

    missing: tuple[str, ...]
    surplus: tuple[tuple[Silence, Surplus], ...]
    ended_by_people: tuple[str, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class SilenceChanges:
    """What one call did, for the log and the metrics.

    Attributes:
        created: occurrence keys. withdrawn: silence ids.
        ended_by_people: as in SilencePlan.
        refused: occurrence key or silence id to Alertmanager's reason; the others were kept all the same.
    """

    created: tuple[str, ...]
    withdrawn: tuple[str, ...]
    ended_by_people: tuple[str, ...]
    refused: Mapping[str, str]


def keep_silences(
    windows: Sequence[MaintenanceWindow],
    now: datetime,
    ahead: timedelta,
    alertmanager: Silencer,
    created_by: str = CREATED_BY,
) -> SilenceChanges:
    """Create what is missing of the occurrences until ``now + ahead``, and only then withdraw what is too much.

    Calling it again, late, at any moment of another call, or after a crash at any point does no harm.

    Raises:
        AlertmanagerError: Alertmanager can't be asked now; what was done so far is found again by the next call.
    """
    wanted = {
        occurrence.key: _new_silence(window, occurrence, created_by)
        for window in windows
        for occurrence in occurrences(window, now, now + ahead)
    }
    refused: dict[str, str] = {}
    plan = plan_silences(wanted, alertmanager.silences(), created_by)
    for key in plan.missing:
        with _noting_refusal(refused, key):
            alertmanager.create_silence(wanted[key])
    created = tuple(key for key in plan.missing if key not in refused)
    if created:  # another replica may have been as fast
        plan = plan_silences(wanted, alertmanager.silences(), created_by)
    for silence, why in plan.surplus:
        with _noting_refusal(refused, silence.id):
            _withdraw(alertmanager, silence, why)
    return SilenceChanges(
        created=created,
        withdrawn=tuple(silence.id for silence, _ in plan.surplus if silence.id not in refused),
        ended_by_people=plan.ended_by_people,
        refused=refused,
    )


def plan_silences(wanted: Collection[str], silences: Iterable[Silence], created_by: str = CREATED_BY) -> SilencePlan:
    """Decide from the keys of the wanted occurrences and one listing of all silences. Pure."""
    live: dict[str, list[Silence]] = {}
    ended: set[str] = set()
    surplus: list[tuple[Silence, Surplus]] = []
    for silence in sorted(silences, key=lambda silence: silence.id):
        key, withdrawn = _tag_of(silence)
        if silence.state is SilenceState.EXPIRED:
            ended |= set() if withdrawn else {key}
        elif silence.created_by == created_by and (withdrawn or key not in wanted) and key:
            surplus.append((silence, Surplus.UNWANTED))
        elif not withdrawn:
            live.setdefault(key, []).append(silence)
    for key in live.keys() & set(wanted):
        ours = [silence for silence in live[key] if silence.created_by == created_by]
        surplus += [(silence, Surplus.DUPLICATE) for silence in ours[1:]]
    absent = [key for key in wanted if key not in live]
    return SilencePlan(
        missing=tuple(key for key in absent if key not in ended),
        surplus=tuple(surplus),
        ended_by_people=tuple(key for key in absent if key in ended),
    )


def _withdraw(alertmanager: Silencer, silence: Silence, why: Surplus) -> None:
    marked_id = silence.id
    if not _tag_of(silence)[1]:
        with suppress(NotFoundError), _noting_refusal({}, silence.id):  # a mark that is refused keeps nothing alive
            marked_id = alertmanager.create_silence(_marked(silence, why))
    # Had it ended since it was listed, the marked one is a new silence: that one ends here.
    for silence_id in {silence.id, marked_id}:
        with suppress(NotFoundError):
            alertmanager.expire_silence(silence_id)


def _new_silence(window: MaintenanceWindow, occurrence: Occurrence, created_by: str) -> NewSilence:
    return NewSilence(
        matchers=window.matchers,
        starts_at=occurrence.starts_at,
        ends_at=occurrence.ends_at,
        created_by=created_by,
        comment=f"{window.name}: {window.reason} (owner: {window.owner}) [firebrigade:{occurrence.key}]",
    )


def _marked(silence: Silence, why: Surplus) -> NewSilence:
    tag = list(_TAG.finditer(silence.comment))[-1]
    before, after = silence.comment[: tag.start()], silence.comment[tag.end() :]
    return NewSilence(
        id=silence.id,
        matchers=silence.matchers,
        starts_at=silence.starts_at,
        ends_at=silence.ends_at,
        created_by=silence.created_by,
        comment=f"{before}[firebrigade:{tag[1]} withdrawn: {why}]{after}",
    )


def _tag_of(silence: Silence) -> tuple[str, bool]:
    """Return the occurrence's key, empty where there is none, and whether we withdrew the silence."""
    tags = list(_TAG.finditer(silence.comment))  # a window's reason may look like a tag; ours comes after it
    return (tags[-1][1], tags[-1][2] is not None) if tags else ("", False)


@contextmanager
def _noting_refusal(refused: dict[str, str], name: str) -> Iterator[None]:
    try:
        yield
    except AlertmanagerError as error:
        if error.temporary:
            raise
        refused[name] = str(error)

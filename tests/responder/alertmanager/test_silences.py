"""Which silences are kept: the decision, and the keeper against silences in memory that crash and race on purpose."""

from collections.abc import Callable, Iterable
from contextlib import suppress
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from firebrigade.responder.alertmanager_records import NewSilence, Silence, SilenceState
from firebrigade.responder.errors import AlertmanagerError
from firebrigade.responder.maintenance import occurrences
from firebrigade.responder.matchers import parse_matchers
from firebrigade.responder.model import MaintenanceWindow
from firebrigade.responder.silences import CREATED_BY, Surplus, keep_silences, plan_silences

NOW = datetime(2026, 2, 2, tzinfo=UTC)
DAY = timedelta(days=1)
HOUR = timedelta(hours=1)
WINDOW = MaintenanceWindow(
    name="backup",
    matchers=parse_matchers('service="ryot"'),
    owner="dba",
    reason="nightly backup [firebrigade:fake/x/y withdrawn: no]",
    cron="30 1 * * *",
    duration=2 * HOUR,
)
EDITED = replace(WINDOW, duration=3 * HOUR)
KEY = "backup/20260202T013000Z/abc"


def listed(
    silence_id: str, tag: str = f"[firebrigade:{KEY}]", state: str = "active", created_by: str = CREATED_BY
) -> Silence:
    return Silence(
        id=silence_id,
        state=SilenceState(state),
        matchers=WINDOW.matchers,
        starts_at=NOW,
        ends_at=NOW + HOUR,
        updated_at=NOW,
        created_by=created_by,
        comment=f"backup: x (owner: y) {tag}",
    )


WITHDRAWN = f"[firebrigade:{KEY} withdrawn: duplicate]"
DECISIONS: dict[str, tuple[list[Silence], Iterable[str], list[str], dict[str, Surplus], list[str]]] = {
    "nothing is there": ([], [KEY], [KEY], {}, []),
    "it is active": ([listed("1")], [KEY], [], {}, []),
    "it is pending": ([listed("1", state="pending")], [KEY], [], {}, []),
    "a person ended it": ([listed("1", state="expired")], [KEY], [], {}, [KEY]),
    "we ended it": ([listed("1", WITHDRAWN, "expired")], [KEY], [KEY], {}, []),
    "we marked it and crashed": ([listed("1", WITHDRAWN)], [KEY], [KEY], {"1": Surplus.UNWANTED}, []),
    "there are two": ([listed("2"), listed("1")], [KEY], [], {"2": Surplus.DUPLICATE}, []),
    "one of two has ended": ([listed("1", state="expired"), listed("2")], [KEY], [], {}, []),
    "it is not wanted": ([listed("1")], [], [], {"1": Surplus.UNWANTED}, []),
    "it is not wanted and over": ([listed("1", state="expired")], [], [], {}, []),
    "a person took it over": ([listed("1", created_by="alice")], [KEY], [], {}, []),
    "a person's is never withdrawn": ([listed("1", created_by="alice")], [], [], {}, []),
    "a person's does not make ours a duplicate": ([listed("1"), listed("2", created_by="alice")], [KEY], [], {}, []),
    "another firebrigade's is never withdrawn": ([listed("1", created_by="firebrigade-staging")], [], [], {}, []),
    "a silence without tag is none of ours": ([listed("1", "")], [KEY], [KEY], {}, []),
    "words behind the tag": ([listed("1", f"[firebrigade:{KEY}] see INC-7")], [KEY], [], {}, []),
    "the last tag counts": ([listed("1", f"[firebrigade:other/x/y] [firebrigade:{KEY}]")], [KEY], [], {}, []),
}


@pytest.mark.parametrize(("silences", "wanted", "missing", "surplus", "ended"), DECISIONS.values(), ids=DECISIONS)
def test_the_listing_decides(
    silences: list[Silence], wanted: list[str], missing: list[str], surplus: dict[str, Surplus], ended: list[str]
) -> None:
    plan = plan_silences(wanted, silences)
    assert list(plan.missing) == missing
    assert {silence.id: why for silence, why in plan.surplus} == surplus
    assert list(plan.ended_by_people) == ended


def keys(*windows: MaintenanceWindow, now: datetime = NOW) -> set[str]:
    return {occurrence.key for window in windows for occurrence in occurrences(window, now, now + DAY)}


def key_of(silence: Silence) -> str:
    return silence.comment.rpartition("[firebrigade:")[2].partition("]")[0]


def live_keys(memory: Any) -> list[str]:
    return sorted(map(key_of, memory.live()))


def test_an_occurrence_has_its_silence_ahead_of_its_start(new_silences: Any) -> None:
    memory = new_silences(NOW)
    changes = keep_silences([WINDOW], NOW, DAY, memory)
    (silence,) = memory.live()
    assert silence.state is SilenceState.PENDING
    assert (silence.starts_at, silence.ends_at) == (NOW + 1.5 * HOUR, NOW + 3.5 * HOUR)
    assert silence.comment.startswith("backup: nightly backup")
    assert "(owner: dba)" in silence.comment
    assert set(changes.created) == keys(WINDOW) == set(live_keys(memory))


def test_what_begins_later_than_that_has_none_yet(new_silences: Any) -> None:
    memory = new_silences(NOW)
    keep_silences([WINDOW], NOW, HOUR, memory)
    assert memory.live() == []


def test_a_silence_is_made_in_the_middle_of_an_occurrence(new_silences: Any) -> None:
    memory = new_silences(NOW + 2 * HOUR)
    keep_silences([WINDOW], memory.now, HOUR, memory)
    (silence,) = memory.live()
    assert (silence.starts_at, silence.ends_at) == (memory.now, NOW + 3.5 * HOUR)
    assert key_of(silence) in keys(WINDOW)


def test_a_second_call_does_nothing(new_silences: Any) -> None:
    memory = new_silences(NOW)
    keep_silences([WINDOW], NOW, DAY, memory)
    changes = keep_silences([WINDOW], NOW, DAY, memory)
    assert (changes.created, changes.withdrawn, len(memory.live())) == ((), (), 1)


def test_an_edited_window_replaces_its_silence_and_one_that_comes_back_gets_another(new_silences: Any) -> None:
    memory = new_silences(NOW + 2 * HOUR)
    for windows in ([WINDOW], [EDITED], [WINDOW], [], [WINDOW]):
        changes = keep_silences(windows, memory.now, HOUR, memory)
        assert set(live_keys(memory)) == keys(*windows, now=memory.now) & set(live_keys(memory))
        assert len(memory.live()) == len(windows)
        assert changes.ended_by_people == ()


def test_there_is_no_gap_when_a_window_is_edited_under_way(new_silences: Any) -> None:
    memory = new_silences(NOW + 2 * HOUR)
    keep_silences([WINDOW], memory.now, HOUR, memory)
    memory.fail_before = {7}  # 1-3: list, create, list; 4-6: the same for the edited one; 7 would begin to withdraw
    with pytest.raises(AlertmanagerError):
        keep_silences([EDITED], memory.now, HOUR, memory)
    assert len(memory.live()) == 2


def test_what_a_person_ended_stays_ended_until_the_window_is_edited(new_silences: Any) -> None:
    memory = new_silences(NOW)
    keep_silences([WINDOW], NOW, DAY, memory)
    memory.expire_silence(memory.live()[0].id)
    changes = keep_silences([WINDOW], NOW, DAY, memory)
    assert set(changes.ended_by_people) == keys(WINDOW)
    assert memory.live() == []
    keep_silences([EDITED], NOW, DAY, memory)
    assert set(live_keys(memory)) == keys(EDITED)


def test_one_window_that_is_refused_does_not_stop_the_others(new_silences: Any) -> None:
    memory = new_silences(NOW)
    refused = replace(WINDOW, name="refused", matchers=parse_matchers("a=b"))
    memory.refused_matchers = {refused.matchers}
    changes = keep_silences([refused, WINDOW], NOW, DAY, memory)
    assert set(changes.refused) == keys(refused)
    assert set(changes.created) == keys(WINDOW)


def test_several_firebrigades_leave_each_other_alone(new_silences: Any) -> None:
    memory = new_silences(NOW)
    keep_silences([WINDOW], NOW, DAY, memory)
    keep_silences([EDITED], NOW, DAY, memory, created_by="staging")
    keep_silences([], NOW, DAY, memory, created_by="staging")
    assert set(live_keys(memory)) == keys(WINDOW)


@dataclass
class Interrupted:
    """Silences where something else happens just before the request with a certain number."""

    silences_in_memory: Any
    number: int
    interruption: Callable[[], object]

    def silences(self) -> Any:
        self._count()
        return self.silences_in_memory.silences()

    def create_silence(self, silence: NewSilence) -> str:
        self._count()
        return str(self.silences_in_memory.create_silence(silence))

    def expire_silence(self, silence_id: str) -> None:
        self._count()
        self.silences_in_memory.expire_silence(silence_id)

    def _count(self) -> None:
        self.number -= 1
        if self.number == 0:
            self.interruption()


@pytest.mark.parametrize("before", [[], [WINDOW], [EDITED]], ids=["first", "again", "edited"])
@pytest.mark.parametrize("number", range(1, 8))
def test_two_replicas_end_with_one_silence_at_whatever_moment_they_meet(
    number: int, before: list[MaintenanceWindow], new_silences: Any
) -> None:
    memory = new_silences(NOW)
    keep_silences(before, NOW, DAY, memory)
    racing = Interrupted(memory, number, lambda: keep_silences([WINDOW], NOW, DAY, memory))
    keep_silences([WINDOW], NOW, DAY, racing)
    keep_silences([WINDOW], NOW, DAY, memory)
    assert live_keys(memory) == sorted(keys(WINDOW))
    assert keep_silences([WINDOW], NOW, DAY, memory).ended_by_people == ()


@pytest.mark.parametrize("when", ["fail_before", "fail_after"])
@pytest.mark.parametrize("number", range(1, 6))
def test_a_request_that_is_lost_at_any_point_is_made_good_by_the_next_call(
    number: int, when: str, new_silences: Any
) -> None:
    memory = new_silences(NOW)
    keep_silences([EDITED], NOW, DAY, memory)
    setattr(memory, when, {3 + number})  # 4: list, 5: create, 6: list, 7: mark, 8: expire
    with pytest.raises(AlertmanagerError):
        keep_silences([WINDOW], NOW, DAY, memory)
    keep_silences([WINDOW], NOW, DAY, memory)
    assert live_keys(memory) == sorted(keys(WINDOW))
    assert keep_silences([WINDOW], NOW, DAY, memory).ended_by_people == ()


def test_marking_a_silence_that_has_just_ended_leaves_no_new_one_behind(new_silences: Any) -> None:
    memory = new_silences(NOW)
    keep_silences([WINDOW], NOW, DAY, memory)
    (silence,) = memory.live()
    late = Interrupted(memory, 2, lambda: memory.expire_silence(silence.id))  # 1: list, 2: mark
    assert keep_silences([], NOW, DAY, late).withdrawn == (silence.id,)
    assert memory.live() == []


OTHER = replace(WINDOW, name="other", cron="0 */4 * * *", duration=HOUR)
events = st.lists(
    st.one_of(
        st.tuples(st.just("windows"), st.lists(st.sampled_from([WINDOW, EDITED, OTHER]), unique_by=lambda w: w.name)),
        st.tuples(st.just("pass"), st.integers(1, 300)),
        st.tuples(st.just("crash"), st.tuples(st.sampled_from(["fail_before", "fail_after"]), st.integers(1, 12))),
        st.tuples(st.just("person ends"), st.integers(0, 5)),
    ),
    max_size=12,
)


@given(events)
def test_after_whatever_happened_there_is_one_silence_for_each_occurrence_that_nobody_ended(
    new_silences: Any, events: list[tuple[str, Any]]
) -> None:
    memory, windows, ended = new_silences(NOW), [WINDOW], set()
    for event, value in events:
        if event == "windows":
            windows = value
        elif event == "pass":
            memory.now += timedelta(minutes=value)
        elif event == "crash":
            when, request = value
            setattr(memory, when, {memory.requests + request})
            with suppress(AlertmanagerError):
                keep_silences(windows, memory.now, DAY, memory)
            memory.fail_before = memory.fail_after = set()
        else:
            keep_silences(windows, memory.now, DAY, memory)
            for silence in memory.live()[value : value + 1]:
                memory.expire_silence(silence.id)
                ended.add(key_of(silence))
    keep_silences(windows, memory.now, DAY, memory)
    wanted = {occ.key for window in windows for occ in occurrences(window, memory.now, memory.now + DAY)}
    assert live_keys(memory) == sorted(wanted - ended)

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from firebrigade.responder.maintenance import check_window, in_maintenance, occurrences, suppressed_until
from firebrigade.responder.matchers import parse_matchers
from firebrigade.responder.model import MaintenanceWindow

HOUR = timedelta(hours=1)
NIGHTLY = MaintenanceWindow(
    name="backup",
    matchers=parse_matchers('service="ryot",team!="web"'),
    owner="dba",
    reason="nightly backup",
    timezone="Europe/Berlin",
    cron="30 2 * * *",
    duration=2 * HOUR,
)
MOVE = MaintenanceWindow(
    name="move",
    matchers=parse_matchers('service="akosha"'),
    owner="ops",
    reason="new rack",
    starts_at=datetime(2026, 6, 1, 9, tzinfo=UTC),
    ends_at=datetime(2026, 6, 1, 12, tzinfo=UTC),
)


moments = st.integers(0, 4 * 366 * 24 * 60).map(lambda minutes: datetime(2024, 1, 1, tzinfo=UTC) + minutes * HOUR / 60)


def at(text: str) -> datetime:
    return datetime.fromisoformat(text).replace(tzinfo=UTC)


def starts(window: MaintenanceWindow, start: str, end: str) -> list[str]:
    return [f"{occurrence.starts_at:%d %H:%M}" for occurrence in occurrences(window, at(start), at(end))]


STARTS = {
    "an ordinary night": ("30 2 * * *", "2026-02-02", "2026-02-03", ["02 01:30"]),
    "a skipped time happens an hour later by the clock": ("30 2 * * *", "2026-03-29", "2026-03-30", ["29 01:30"]),
    "a skipped time in a stretch that begins after the skip": (
        "30 2 * * *",
        "2026-03-29T01:05",
        "2026-03-29T02:00",
        ["29 01:30"],
    ),
    "after the clocks went forward": ("30 2 * * *", "2026-03-30", "2026-03-31", ["30 00:30"]),
    "a doubled time happens once, the first time": ("30 2 * * *", "2026-10-25", "2026-10-26", ["25 00:30"]),
    "after the clocks went back": ("30 2 * * *", "2026-10-26", "2026-10-27", ["26 01:30"]),
    "two times that a skipped hour makes one": ("0 2-3 * * *", "2026-03-29", "2026-03-30", ["29 01:00"]),
    "0 is sunday, as in crontab": ("0 12 * * 0", "2026-02-02", "2026-02-09", ["08 11:00"]),
    "7 is sunday, too": ("0 12 * * 7", "2026-02-02", "2026-02-09", ["08 11:00"]),
    "1 is monday": ("0 12 * * 1", "2026-02-02", "2026-02-09", ["02 11:00"]),
    "weekdays by number": ("0 12 * * 1-5/2", "2026-02-02", "2026-02-09", ["02 11:00", "04 11:00", "06 11:00"]),
    "names over the weekend": ("0 12 * * SAT-mon", "2026-02-02", "2026-02-09", ["02 11:00", "07 11:00", "08 11:00"]),
    "a range that ends with 7": ("0 12 * * 6-7", "2026-02-02", "2026-02-09", ["07 11:00", "08 11:00"]),
    "a range from 0": ("0 12 * * 0-1", "2026-02-02", "2026-02-09", ["02 11:00", "08 11:00"]),
    "every third day from sunday": ("0 12 * * */3", "2026-02-02", "2026-02-09", ["04 11:00", "07 11:00", "08 11:00"]),
    "a list of weekdays": ("0 12 * * tue,4", "2026-02-02", "2026-02-09", ["03 11:00", "05 11:00"]),
    "day and weekday must both match": ("0 12 1-7 * mon", "2026-02-01", "2026-03-01", ["02 11:00"]),
}  # fmt: skip


@pytest.mark.parametrize(("cron", "start", "end", "expected"), STARTS.values(), ids=STARTS)
def test_a_recurring_window_starts_by_the_wall_clock(cron: str, start: str, end: str, expected: list[str]) -> None:
    assert starts(replace(NIGHTLY, cron=cron, duration=timedelta(minutes=1)), start, end) == expected


def test_a_day_that_a_zone_skips_moves_its_window_to_the_day_after() -> None:
    window = replace(NIGHTLY, timezone="Pacific/Apia", cron="0 12 30 12 *")  # Samoa had no 30 December 2011
    assert starts(window, "2011-12-29", "2012-01-01") == ["30 22:00"]


def test_two_hours_are_two_hours_in_the_night_the_clocks_are_moved() -> None:
    for day in ("2026-03-29", "2026-10-25"):
        (occurrence,) = occurrences(NIGHTLY, at(day), at(day) + 12 * HOUR)
        assert occurrence.ends_at - occurrence.starts_at == 2 * HOUR


PARTS = {
    "it begins when the stretch ends": ("2026-02-02T00:00", "2026-02-02T01:30", 0),
    "it has begun": ("2026-02-02T00:00", "2026-02-02T01:31", 1),
    "it is under way": ("2026-02-02T02:00", "2026-02-02T02:01", 1),
    "its last minute": ("2026-02-02T03:29", "2026-02-02T04:00", 1),
    "it ends when the stretch begins": ("2026-02-02T03:30", "2026-02-02T04:00", 0),
}


@pytest.mark.parametrize(("start", "end", "count"), PARTS.values(), ids=PARTS)
def test_an_occurrence_counts_if_a_part_of_it_lies_in_the_stretch(start: str, end: str, count: int) -> None:
    assert len(occurrences(NIGHTLY, at(start), at(end))) == count
    once = replace(MOVE, starts_at=at("2026-02-02T01:30"), ends_at=at("2026-02-02T03:30"))
    assert len(occurrences(once, at(start), at(end))) == count


@given(
    moments,
    st.sampled_from(["30 2 * * *", "0 */3 * * *", "15 1 * * 0", "0 0 1 * *"]),
    st.sampled_from(
        ["UTC", "Europe/Berlin", "America/Sao_Paulo", "Australia/Lord_Howe", "Europe/Dublin", "Asia/Kathmandu"]
    ),
    st.integers(0, 72),
)
def test_a_stretch_holds_what_its_two_halves_hold(moment: datetime, cron: str, zone: str, hours: int) -> None:
    window = replace(NIGHTLY, cron=cron, timezone=zone)
    middle, end = moment + hours * HOUR, moment + 72 * HOUR
    halves = {item.key for item in occurrences(window, moment, middle) + occurrences(window, middle, end)}
    whole = occurrences(window, moment, end)
    assert {item.key for item in whole} == halves
    assert [item.starts_at for item in whole] == sorted({item.starts_at for item in whole})


@given(moments, st.sampled_from(["Europe/Berlin", "America/New_York"]))
def test_every_day_has_one_occurrence_whatever_the_clocks_do(moment: datetime, zone: str) -> None:
    window = replace(NIGHTLY, timezone=zone, duration=timedelta(minutes=1))
    midnight = moment.replace(hour=0, minute=0, second=0, microsecond=0, tzinfo=ZoneInfo(zone))
    next_midnight = (midnight + timedelta(days=1)).astimezone(UTC)
    assert len(occurrences(window, midnight.astimezone(UTC), next_midnight)) == 1


EDITS = {
    "a new reason keeps the key": ({"reason": "other"}, True),
    "a new owner keeps the key": ({"owner": "other"}, True),
    "other matchers change it": ({"matchers": parse_matchers("service=other")}, False),
    "another duration changes it": ({"duration": 3 * HOUR}, False),
    "another name changes it": ({"name": "other"}, False),
    "another time changes it": ({"cron": "31 2 * * *"}, False),
    "the same matchers in another order keep it": ({"matchers": NIGHTLY.matchers[::-1]}, True),
}


@pytest.mark.parametrize(("edit", "same"), EDITS.values(), ids=EDITS)
def test_a_key_is_stable_until_what_is_silenced_is_edited(edit: dict[str, object], same: bool) -> None:
    day = at("2026-02-02")
    (before,), (after,) = (occurrences(each, day, day + 24 * HOUR) for each in (NIGHTLY, replace(NIGHTLY, **edit)))  # type: ignore[arg-type]
    assert (before.key == after.key) is same


def test_a_key_names_window_and_start_and_has_no_space_or_bracket() -> None:
    (occurrence,) = occurrences(replace(NIGHTLY, name="a [b] /c"), at("2026-02-02"), at("2026-02-03"))
    assert occurrence.key.startswith("a%20%5Bb%5D%20%2Fc/20260202T013000Z/")
    assert occurrence.window == "a [b] /c"


def test_labels_are_held_back_until_the_last_window_ends() -> None:
    longer = replace(NIGHTLY, name="longer", duration=3 * HOUR)
    held = suppressed_until([NIGHTLY, longer, MOVE], {"service": "ryot"}, at("2026-02-02T02:00"))
    assert held is not None
    assert (held.window, held.until) == ("longer", at("2026-02-02T04:30"))
    assert held.reason == "maintenance longer: nightly backup (owner: dba)"


NOT_HELD = {
    "other labels": ({"service": "akosha"}, "2026-02-02T02:00"),
    "before the start": ({"service": "ryot"}, "2026-02-02T01:29:59"),
    "at the end": ({"service": "ryot"}, "2026-02-02T03:30"),
}


@pytest.mark.parametrize(("labels", "now"), NOT_HELD.values(), ids=NOT_HELD)
def test_labels_are_not_held_back(labels: dict[str, str], now: str) -> None:
    assert not in_maintenance([NIGHTLY], labels, at(now))
    assert in_maintenance([NIGHTLY], {"service": "ryot"}, at("2026-02-02T01:30"))


WRONG = {
    "no name": (NIGHTLY, {"name": ""}, "needs a name"),
    "no matchers": (NIGHTLY, {"matchers": ()}, "silence everything"),
    "matchers that everything meets": (NIGHTLY, {"matchers": parse_matchers('a=~".*",b!="x"')}, "silence everything"),
    "an unknown zone": (NIGHTLY, {"timezone": "Europe/Atlantis"}, "unknown time zone 'Europe/Atlantis'"),
    "a zone that is a folder": (NIGHTLY, {"timezone": "Europe"}, "unknown time zone"),
    "a zone outside the folder": (NIGHTLY, {"timezone": "../x"}, "unknown time zone"),
    "no zone": (NIGHTLY, {"timezone": ""}, "unknown time zone"),
    "four fields": (NIGHTLY, {"cron": "1 2 3 4"}, "has 4 fields"),
    "a field out of range": (NIGHTLY, {"cron": "0 25 * * *"}, "can't be read"),
    "an unknown weekday": (NIGHTLY, {"cron": "0 1 * * foo"}, "no weekday"),
    "weekday 8": (NIGHTLY, {"cron": "0 1 * * 8"}, "no weekday"),
    "a day that never comes": (NIGHTLY, {"cron": "0 0 31 2 *"}, "never comes true"),
    "a window that overlaps itself": (NIGHTLY, {"cron": "0 * * * *"}, "comes true again"),
    "cron without duration": (NIGHTLY, {"duration": None}, "no duration"),
    "no time at all": (NIGHTLY, {"duration": timedelta()}, "no duration"),
    "cron and a fixed time": (NIGHTLY, {"ends_at": MOVE.ends_at}, "keep one of them"),
    "neither kind of time": (MOVE, {"starts_at": None}, "has no time"),
    "a fixed time with a duration": (MOVE, {"duration": HOUR}, "duration but no cron"),
    "a time without offset": (MOVE, {"starts_at": at("2026-06-01").replace(tzinfo=None)}, "without offset"),
    "an end before the start": (MOVE, {"ends_at": at("2026-06-01T09:00")}, "ends before it starts"),
}


@pytest.mark.parametrize(("window", "edit", "sentence"), WRONG.values(), ids=WRONG)
def test_a_wrong_window_is_refused_in_one_sentence(
    window: MaintenanceWindow, edit: dict[str, object], sentence: str
) -> None:
    check_window(window)
    with pytest.raises(ValueError, match=sentence):
        check_window(replace(window, **edit))  # type: ignore[arg-type]


def test_a_leap_day_does_come() -> None:
    check_window(replace(NIGHTLY, cron="0 0 29 2 *"))
    assert starts(replace(NIGHTLY, cron="0 12 29 2 *"), "2027-01-01", "2029-01-01") == ["29 11:00"]


def test_a_window_may_begin_when_it_ends() -> None:
    check_window(replace(NIGHTLY, cron="0 */2 * * *"))

"""The chain of a timeline: what it is made of, and that no change to it goes unnoticed."""

import hashlib
from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from firebrigade.responder.chain import Chain, Head, Link, broken, entry_hash, extended
from firebrigade.responder.model import TimelineEntry

NOW = datetime(2026, 1, 5, 9, 0, 0, 250000, UTC)
INCIDENT = 42

texts = st.text(st.characters(exclude_categories=["Cs"]), max_size=20)
numbers = st.integers() | st.floats(allow_nan=False)
data = st.dictionaries(texts, st.none() | st.booleans() | numbers | texts | st.lists(texts, max_size=3), max_size=3)
entries = st.builds(
    TimelineEntry,
    at=st.datetimes(timezones=st.just(UTC)),
    kind=texts,
    actor=texts,
    detail=texts,
    data=data,
)


def entry(detail: str = "it fires", **changes: Any) -> TimelineEntry:
    return replace(TimelineEntry(at=NOW, kind="opened", actor="alertmanager", detail=detail), **changes)


def chain_of(*made: TimelineEntry) -> Chain:
    links, head = extended(INCIDENT, Head(), made)
    return Chain(incident_id=INCIDENT, links=tuple(links), head=head)


@pytest.fixture
def chain() -> Chain:
    return chain_of(*(entry(f"number {n}") for n in range(1, 6)))


def with_links(chain: Chain, *links: Link) -> Chain:
    return replace(chain, links=links)


def sealed_anew(link: Link) -> Link:
    return replace(link, hash=entry_hash(INCIDENT, link))


def test_an_entrys_hash_is_that_of_the_documented_text() -> None:
    made = entry("a → b", data={"to": 4, "from": {"b": [1, 2.5], "a": None}})
    (first, second), head = extended(INCIDENT, Head(), [made, entry()])
    written = (
        '["firebrigade-timeline",1,"",42,1,"2026-01-05T09:00:00.250000Z","opened","alertmanager","a \\u2192 b",'
        '{"from":{"a":null,"b":[1,2.5]},"to":4}]'
    )
    assert first.hash == f"1:{hashlib.sha256(written.encode()).hexdigest()}"
    assert (second.previous, head) == (first.hash, Head(length=2, hash=second.hash))


def test_a_chain_goes_on_where_it_ended(chain: Chain) -> None:
    more, head = extended(INCIDENT, chain.head, [entry("later")])
    assert more[0].sequence == 6
    assert broken(Chain(incident_id=INCIDENT, links=(*chain.links, *more), head=head)) == []


def test_data_is_hashed_as_it_is_read_back() -> None:
    written, read = chain_of(entry(data={1: ("a", "b")})), chain_of(entry(data={"1": ["a", "b"]}))
    assert written.head == read.head


def test_the_same_moment_in_another_zone_has_the_same_hash() -> None:
    assert chain_of(entry(at=NOW.astimezone(ZoneInfo("Asia/Tokyo")))).head == chain_of(entry()).head


def _changed(chain: Chain) -> Chain:
    first, second, *rest = chain.links
    return with_links(chain, first, replace(second, entry=entry("nothing was done")), *rest)


def _changed_and_sealed(chain: Chain) -> Chain:
    first, second, *rest = _changed(chain).links
    return with_links(chain, first, sealed_anew(second), *rest)


def _exchanged(chain: Chain) -> Chain:
    first, second, third, *rest = chain.links
    return with_links(chain, first, replace(second, entry=third.entry), replace(third, entry=second.entry), *rest)


def _added(chain: Chain) -> Chain:
    more, _ = extended(INCIDENT, chain.head, [entry("it was all well")])
    return with_links(chain, *chain.links, *more)


@pytest.mark.parametrize(
    ("change", "said"),
    [
        pytest.param(_changed, ["entry 2 was changed: its hash is of another content"], id="changed"),
        pytest.param(
            _changed_and_sealed,
            ["entry 3 does not continue the entry before it: one of the two was exchanged"],
            id="changed, with the hash that belongs to it",
        ),
        pytest.param(lambda c: with_links(c, *c.links[:1], *c.links[2:]), ["entry 2 is missing"], id="removed"),
        pytest.param(lambda c: with_links(c, *c.links[3:]), ["entries 1 to 3 are missing"], id="the beginning removed"),
        pytest.param(
            lambda c: with_links(c, *c.links[:3]),
            ["entries 4 to 5 are missing at the end: the incident counted 5"],
            id="cut off",
        ),
        pytest.param(
            lambda c: with_links(c), ["entries 1 to 5 are missing at the end: the incident counted 5"], id="emptied"
        ),
        pytest.param(_added, ["entry 6 was added past the incident's own count"], id="added at the end"),
        pytest.param(
            lambda c: with_links(c, *c.links[:2], c.links[1], *c.links[2:]),
            ["entry 2 is there twice or out of order"],
            id="inserted twice",
        ),
        pytest.param(
            _exchanged,
            [f"entry {n} was changed: its hash is of another content" for n in (2, 3)],
            id="two contents exchanged",
        ),
        pytest.param(
            lambda c: with_links(c, *c.links[:4], sealed_anew(replace(c.links[4], entry=entry("well")))),
            ["entry 5 is not the one that the incident names as its last: one of the two was exchanged"],
            id="the last one changed, with the hash that belongs to it",
        ),
        pytest.param(
            lambda c: replace(c, head=replace(c.head, hash="")),
            ["entry 5 is not the one that the incident names as its last: one of the two was exchanged"],
            id="a head that is no hash",
        ),
        pytest.param(
            lambda c: with_links(c, *c.links[:4], replace(c.links[4], hash="2:ab")),
            [
                "entry 5 has a hash of version 2, which only a newer Firebrigade can check",
                "entry 5 is not the one that the incident names as its last: one of the two was exchanged",
            ],
            id="a hash of a later version",
        ),
    ],
)
def test_a_break_is_told_with_incident_and_entry(
    chain: Chain, change: Callable[[Chain], Chain], said: list[str]
) -> None:
    assert broken(chain) == []
    assert [problem.summary for problem in broken(change(chain))] == [f"incident 42: {words}" for words in said]


def test_entries_of_another_incident_do_not_fit(chain: Chain) -> None:
    assert [problem.entry for problem in broken(replace(chain, incident_id=43))] == [1, 2, 3, 4, 5]


@given(st.lists(entries, max_size=6))
def test_what_nobody_touched_is_whole(made: list[TimelineEntry]) -> None:
    assert broken(chain_of(*made)) == []


CHANGES: dict[str, Callable[[TimelineEntry, TimelineEntry], TimelineEntry]] = {
    "time": lambda one, _: replace(one, at=one.at + timedelta(microseconds=1 if one.at.year < 9999 else -1)),
    "kind": lambda one, _: replace(one, kind=one.kind + "x"),
    "actor": lambda one, _: replace(one, actor=f" {one.actor}"),
    "detail": lambda one, _: replace(one, detail=one.detail[:-1] if one.detail else "x"),
    "data": lambda one, _: replace(one, data={**one.data, "x" * 30: 1}),
    "everything": lambda one, other: replace(other, detail=one.detail + other.detail + "x"),
}


@given(st.lists(entries, min_size=1, max_size=6), st.data(), st.sampled_from(sorted(CHANGES)), st.booleans())
def test_any_change_of_any_entry_is_noticed(made: list[TimelineEntry], draw: Any, what: str, anew: bool) -> None:
    chain = chain_of(*made)
    place = draw.draw(st.integers(0, len(made) - 1))
    link = chain.links[place]
    changed = replace(link, entry=CHANGES[what](link.entry, draw.draw(entries)))
    links = list(chain.links)
    links[place] = sealed_anew(changed) if anew else changed
    assert broken(replace(chain, links=tuple(links)))


@given(st.lists(entries, min_size=1, max_size=6), entries, st.data())
def test_any_entry_taken_out_put_in_or_moved_is_noticed(made: list[TimelineEntry], other: Any, draw: Any) -> None:
    chain = chain_of(*made)
    places = st.integers(0, len(made) - 1)
    first, second = draw.draw(places), draw.draw(places)
    without = [link for place, link in enumerate(chain.links) if place != first]
    assert broken(replace(chain, links=tuple(without)))
    forged = sealed_anew(replace(chain.links[first], entry=other))
    assert broken(replace(chain, links=(*chain.links[:first], forged, *chain.links[first:])))
    moved = [*without[:second], chain.links[first], *without[second:]]
    assert bool(broken(replace(chain, links=tuple(moved)))) is (first != second)

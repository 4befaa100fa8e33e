"""The chain of an incident's timeline: each entry carries the hash of itself and of the entry before it. Pure.

``store/incidents.py`` seals what it appends, migration 0002 sealed older rows, and the API checks. It is no signature:
whoever can write to the database can make a whole chain again, which only a head that is kept elsewhere tells.
"""

import hashlib
import json
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from functools import partial

from firebrigade.responder.model import TimelineEntry
from firebrigade.responder.timestamps import format_rfc3339

VERSION = 1  # of the serialisation; a change gets a new number, since entries of the old one stay as they are
_FORM = "firebrigade-timeline"


@dataclass(frozen=True, slots=True, kw_only=True)
class Link:
    """One entry of a timeline in its place.

    Attributes:
        sequence: its number within its incident, from 1 on.
        previous: the hash of the entry before it; empty for the first.
        hash: `entry_hash` of all of it.
    """

    entry: TimelineEntry
    sequence: int
    previous: str
    hash: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Head:
    """Where a chain ends: how many entries it has and the hash of the last; empty before the first.

    The incident's row keeps it, so that a cut-off end is noticed.
    """

    length: int = 0
    hash: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Chain:
    """An incident's whole timeline in order, and the head that the incident's row names, read at one moment."""

    incident_id: int
    links: tuple[Link, ...]
    head: Head


@dataclass(frozen=True, slots=True, kw_only=True)
class Problem:
    """One place where a chain is broken.

    Attributes:
        entry: the number of the first entry that does not fit, from 1 on.
        summary: one sentence that names the incident and the entry.
    """

    incident_id: int
    entry: int
    summary: str


def extended(incident_id: int, head: Head, new: Iterable[TimelineEntry]) -> tuple[list[Link], Head]:
    """Return entries as they continue a chain, and the head that it has with them.

    Args:
        incident_id: whose timeline it is.
        head: where the chain ends before.
        new: the entries, oldest first.
    """
    links = []
    for entry in new:
        link = Link(entry=entry, sequence=head.length + 1, previous=head.hash)
        links.append(replace(link, hash=entry_hash(incident_id, link)))
        head = Head(length=link.sequence, hash=links[-1].hash)
    return links, head


def entry_hash(incident_id: int, link: Link) -> str:
    """Return the hash of an entry in its place: the version, a colon, and SHA-256 in hexadecimal.

    What is hashed is a JSON array without spaces, in ASCII, names sorted: the form's name, version, the hash before,
    incident, sequence, time (RFC 3339 in UTC), kind, actor, detail and data.
    """
    entry = link.entry
    data = json.loads(json.dumps(dict(entry.data)))  # as it is read back: tuples as lists, every name a text
    fields = [_FORM, VERSION, link.previous, incident_id, link.sequence]
    fields += [format_rfc3339(entry.at), entry.kind, entry.actor, entry.detail, data]
    text = json.dumps(fields, sort_keys=True, separators=(",", ":"))
    return f"{VERSION}:{hashlib.sha256(text.encode('ascii')).hexdigest()}"


def broken(chain: Chain) -> list[Problem]:
    """Return where a chain is broken, in the order of its entries; nothing if it is whole."""
    return [
        Problem(incident_id=chain.incident_id, entry=number, summary=f"incident {chain.incident_id}: {words}")
        for number, words in breaks(chain.links, chain.head, partial(entry_hash, chain.incident_id), keeper="incident")
    ]


def breaks(links: Sequence[Link], head: Head, hash_of: Callable[[Link], str], *, keeper: str) -> list[tuple[int, str]]:
    """Return where entries are no chain, each the number of an entry and a sentence, in their order.

    Args:
        links: all entries in order.
        head: where the chain ends, as it is kept elsewhere.
        hash_of: what an entry's hash has to be.
        keeper: who keeps the head, in one word.
    """
    found = (*_along(links, hash_of), *_at_the_end(links, head, keeper))
    return sorted(found, key=lambda broken_at: broken_at[0])


def _along(links: Sequence[Link], hash_of: Callable[[Link], str]) -> Iterator[tuple[int, str]]:
    last = Head()
    for link in links:
        number = link.sequence
        if number > last.length + 1:
            yield last.length + 1, f"{_entries(last.length + 1, number - 1)} missing"
        elif number <= last.length:
            yield number, f"entry {number} is there twice or out of order"
        elif link.previous != last.hash:
            yield number, f"entry {number} does not continue the entry before it: one of the two was exchanged"
        if (words := _altered(link, hash_of)) is not None:
            yield number, words
        if number > last.length:
            last = Head(length=number, hash=link.hash)


def _altered(link: Link, hash_of: Callable[[Link], str]) -> str | None:
    version = link.hash.partition(":")[0]
    if version.isdecimal() and int(version) > VERSION:
        return f"entry {link.sequence} has a hash of version {version[:9]}, which only a newer Firebrigade can check"
    if link.hash != hash_of(link):
        return f"entry {link.sequence} was changed: its hash is of another content"
    return None


def _at_the_end(links: Sequence[Link], head: Head, keeper: str) -> Iterator[tuple[int, str]]:
    length = max((link.sequence for link in links), default=0)
    if length < head.length:
        gone = _entries(length + 1, head.length)
        yield length + 1, f"{gone} missing at the end: the {keeper} counted {head.length}"
    elif length > head.length:
        added = _entries(head.length + 1, length, "was", "were")
        yield head.length + 1, f"{added} added past the {keeper}'s own count"
    elif length and head.hash not in {link.hash for link in links if link.sequence == length}:
        yield length, f"entry {length} is not the one that the {keeper} names as its last: one of the two was exchanged"


def _entries(first: int, last: int, one: str = "is", several: str = "are") -> str:
    return f"entry {first} {one}" if first == last else f"entries {first} to {last} {several}"

"""The chain of the ledger of trust: each entry carries the hash of itself and of the entry before it. Pure.

One chain for the whole ledger, since whoever adds to it waits for their turn anyway. ``store/ledger.py`` seals what it
adds, migration 0009 sealed older rows, and the API checks. What it proves and what not is as for timelines
(``chain.py``).
"""

import hashlib
import json
from collections.abc import Iterable
from dataclasses import dataclass, replace

from firebrigade.responder.chain import VERSION, Head, Link, breaks
from firebrigade.responder.model import TimelineEntry
from firebrigade.responder.timestamps import format_rfc3339
from firebrigade.responder.trust import TrustEntry

_FORM = "firebrigade-trust"
_TEXTS = ("runbook", "environment", "steps")


@dataclass(frozen=True, slots=True, kw_only=True)
class TrustChain:
    """The whole ledger in order, and the head that is kept beside it, read at one moment."""

    links: tuple[Link, ...]
    head: Head


def link_of(entry: TrustEntry, head: Head) -> Link:
    """Return an entry as it continues the ledger."""
    link = Link(entry=as_written(entry), sequence=head.length + 1, previous=head.hash)
    return replace(link, hash=link_hash(link))


def as_written(entry: TrustEntry) -> TimelineEntry:
    """Return an entry of the ledger in the form of a timeline's, which is what is hashed."""
    data = {name: getattr(entry, name) for name in _TEXTS}
    data |= {"level": entry.level.value if entry.level else None, "incident_id": entry.incident_id}
    data |= {"begun_at": format_rfc3339(entry.begun_at) if entry.begun_at else None}
    return TimelineEntry(at=entry.at, kind=entry.event.value, actor=entry.actor, detail=entry.reason, data=data)


def link_hash(link: Link) -> str:
    """Return the hash of an entry in its place: the version, a colon, and SHA-256 in hexadecimal.

    What is hashed is a JSON array without spaces, in ASCII, names sorted: the form's name, version, the hash before,
    number, time (RFC 3339 in UTC), event, actor, reason and all the rest.
    """
    entry = link.entry
    fields = [_FORM, VERSION, link.previous, link.sequence, format_rfc3339(entry.at)]
    fields += [entry.kind, entry.actor, entry.detail, dict(entry.data)]
    text = json.dumps(fields, sort_keys=True, separators=(",", ":"))
    return f"{VERSION}:{hashlib.sha256(text.encode('ascii')).hexdigest()}"


def broken(chain: TrustChain, heads: Iterable[str] = ()) -> list[tuple[int, str]]:
    """Return where the ledger is broken, each the number of an entry and a sentence; nothing if it is whole.

    Args:
        chain: the ledger.
        heads: heads of earlier checks that were kept elsewhere, each of which must be one of its hashes.
    """
    known = {link.hash for link in chain.links}
    anew = [
        (1, f"no entry has the hash {head[:80]}: the ledger was made anew, or never had it")
        for head in heads
        if head not in known
    ]
    return [*breaks(chain.links, chain.head, link_hash, keeper="ledger"), *anew]

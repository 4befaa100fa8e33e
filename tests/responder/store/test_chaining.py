"""What is appended to a timeline continues its chain, on SQLite and on PostgreSQL, with many writers at once too."""

from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime
from typing import Any

import pytest
from sqlalchemy import delete, insert, text, update
from sqlalchemy.exc import IntegrityError

from firebrigade.responder import chain
from firebrigade.responder.errors import NotFoundError
from firebrigade.responder.model import Alert, AlertGroup, AlertStatus, TimelineEntry
from firebrigade.responder.store import incidents, rows
from firebrigade.responder.store.database import Database
from firebrigade.responder.store.store import Store
from firebrigade.responder.store.tables import timeline

NOW = datetime(2026, 1, 5, 9, 0, 0, 250000, UTC)
WRITERS = 6


def group(key: str = "first") -> AlertGroup:
    labels = {"alertname": "ServiceDown", "service": "Σ \N{FIRE} ryot"}
    firing = AlertStatus.FIRING
    alert = Alert(fingerprint=key, status=firing, labels=labels, annotations={}, starts_at=NOW)
    return AlertGroup(
        source=key,
        receiver="firebrigade",
        status=firing,
        group_key=key,
        group_labels=labels,
        common_labels=labels,
        common_annotations={},
        external_url="",
        alerts=(alert,),
    )


def entry(detail: str, **data: Any) -> TimelineEntry:
    return TimelineEntry(at=NOW, kind="applied", actor="firebrigade", detail=detail, data=data)


@pytest.fixture
def store(empty_database: Database) -> Store:
    store = Store(empty_database)
    store.migrate()
    return store


def test_everything_that_happens_to_an_incident_is_chained(store: Store) -> None:
    for key in ("first", "second"):
        store.record(group(key), NOW)
    store.acknowledge(1, "mara", NOW)
    store.resolve(1, "mara", NOW)
    found = store.chain(1)
    kinds = [link.entry.kind for link in found.links]
    assert (kinds, found.head.length) == (["opened", "alert_joined", "acknowledged", "resolved"], 4)
    assert [link.entry for link in found.links] == store.timeline(1)
    assert [one.incident_id for one in store.chains(limit=9)] == [2, 1]
    assert [one.incident_id for one in store.chains(limit=9, before_id=2)] == [1]
    assert [chain.broken(one) for one in store.chains(limit=9)] == [[], []]


def test_data_of_every_shape_has_the_hash_with_which_it_was_written(store: Store, empty_database: Database) -> None:
    store.record(group(), NOW)
    with empty_database.write() as connection:
        shapes = {"pair": (1, 2), "number": 0.1, "large": 10**25, "nested": {"ü": [None, True, "\N{FIRE}"]}, "one": 1.0}
        incidents.append(connection, 1, [entry("Σ → \n\t end", **shapes), entry("")])
    assert chain.broken(store.chain(1)) == []


def test_many_writers_make_one_chain(store: Store, empty_database: Database) -> None:
    store.record(group(), NOW)

    def write(number: int) -> None:
        with empty_database.write() as connection:
            incidents.append(connection, 1, [entry(f"{number}.{part}") for part in range(3)])

    with ThreadPoolExecutor(WRITERS) as pool:
        list(pool.map(write, range(4 * WRITERS)))
    found = store.chain(1)
    assert [link.sequence for link in found.links] == list(range(1, 2 + 12 * WRITERS + 1))
    assert chain.broken(found) == []


def test_no_two_entries_have_one_place(store: Store, empty_database: Database) -> None:
    store.record(group(), NOW)
    row = rows.link_row(1, store.chain(1).links[0])
    with pytest.raises(IntegrityError), empty_database.write() as connection:
        connection.execute(insert(timeline).values(row))


def test_an_incident_that_is_none_has_no_chain(store: Store, empty_database: Database) -> None:
    with pytest.raises(NotFoundError):
        store.chain(7)
    with pytest.raises(NotFoundError), empty_database.write() as connection:
        incidents.append(connection, 7, [entry("nobody's")])


@pytest.mark.parametrize(
    ("tampering", "entries"),
    [
        pytest.param(update(timeline).where(timeline.c.sequence == 2).values(actor="nobody"), [2], id="an actor"),
        pytest.param(update(timeline).where(timeline.c.sequence == 1).values(data={"a": 1}), [1], id="data"),
        pytest.param(delete(timeline).where(timeline.c.sequence == 2), [2], id="an entry removed"),
        pytest.param(delete(timeline).where(timeline.c.sequence == 3), [3], id="the end cut off"),
        pytest.param(text("UPDATE incidents SET timeline_length = 2"), [3], id="the head set back"),
    ],
)
def test_tampering_with_the_rows_is_noticed(
    store: Store, empty_database: Database, tampering: Any, entries: list[int]
) -> None:
    store.record(group(), NOW)
    store.acknowledge(1, "mara", NOW)
    with empty_database.write() as connection:
        connection.execute(tampering)
    assert [problem.entry for problem in chain.broken(store.chain(1))] == entries

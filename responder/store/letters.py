"""What is not an incident: dead letters, heartbeats and switches. Called by Store within its transactions."""

from datetime import datetime

from sqlalchemy import Connection, insert, select, update

from firebrigade.responder.model import DeadLetter, Labels
from firebrigade.responder.store.tables import dead_letters, heartbeats, switches

AUTOMATION = "automation"


def add_dead_letter(connection: Connection, source: str, error: str, body: bytes, now: datetime) -> int:
    """Keep a payload that could not be processed; bytes that are not text are kept escaped."""
    # PostgreSQL's text holds no NUL.
    text = body.decode(errors="backslashreplace").replace("\0", "\\x00")
    values = {"received_at": now, "source": source, "error": error, "body": text}
    query = insert(dead_letters).values(values).returning(dead_letters.c.id)
    return int(connection.execute(query).scalar_one())


def dead_letters_kept(connection: Connection, limit: int) -> list[DeadLetter]:
    """Return the dead letters, newest first."""
    query = select(dead_letters).order_by(dead_letters.c.id.desc()).limit(limit)
    return [DeadLetter(**row) for row in connection.execute(query).mappings()]


def record_heartbeat(connection: Connection, name: str, labels: Labels, now: datetime) -> None:
    """Note that a heartbeat arrived."""
    values = {"labels": dict(labels), "received_at": now}
    if connection.execute(update(heartbeats).where(heartbeats.c.name == name).values(values)).rowcount == 0:
        connection.execute(insert(heartbeats).values(values | {"name": name}))


def heartbeats_received(connection: Connection) -> dict[str, datetime]:
    """Return when each heartbeat arrived last."""
    return {row.name: row.received_at for row in connection.execute(select(heartbeats))}


def automation_on(connection: Connection) -> bool:
    """Return whether the machine may act; it may until somebody says no."""
    is_on = connection.execute(select(switches.c.is_on).where(switches.c.name == AUTOMATION)).scalar_one_or_none()
    return is_on is not False


def switch_automation(connection: Connection, on: bool, actor: str, now: datetime) -> None:
    """Switch the machine's actions on or off, everywhere."""
    values = {"is_on": on, "actor": actor, "at": now}
    if connection.execute(update(switches).where(switches.c.name == AUTOMATION).values(values)).rowcount == 0:
        connection.execute(insert(switches).values(values | {"name": AUTOMATION}))

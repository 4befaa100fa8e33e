"""How commands print: tables for people, JSON for programs. The only place that knows rich.

Whatever came with an alert is hostile: it is never read as markup, and control characters, which could move the
cursor or rewrite what stands above, are shown as escapes.
"""

import json
import sys
from collections.abc import Iterable, Sequence
from datetime import UTC, datetime
from typing import Any

import click
from rich.console import Console
from rich.table import Table
from rich.text import Text

_WIDE = 1000  # a pipe has no width; grep and cut want whole lines


def print_json(value: Any) -> None:
    """Print a value for programs; everything beyond ASCII is escaped, so no terminal can be played with."""
    click.echo(json.dumps(value, indent=2, default=_to_json))


def print_table(columns: Sequence[str], rows: Iterable[Sequence[object]], *, empty: str) -> None:
    """Print rows below their columns, or the sentence ``empty`` if there are none."""
    table = Table(box=None, padding=(0, 2, 0, 0), header_style="bold", pad_edge=False)
    for column in columns:
        table.add_column(column, overflow="fold")
    for row in rows:
        table.add_row(*(Text(plain(_to_text(cell))) for cell in row))
    if table.row_count:
        _console().print(table)
    else:
        click.echo(empty)


def print_fields(fields: Iterable[tuple[str, object]]) -> None:
    """Print names and values, one a line; fields without a value are left out."""
    shown = [(name, _to_text(value)) for name, value in fields if value not in (None, "", (), [], {})]
    width = max((len(name) for name, _ in shown), default=0)
    for name, value in shown:
        click.echo(f"{name:<{width}}  {plain(value)}")


def plain(text: str) -> str:
    """Return a text in one line in which no character does anything: what can't be printed becomes an escape."""
    return "".join(
        character if character.isprintable() else character.encode("unicode_escape").decode() for character in text
    )


def format_time(moment: datetime) -> str:
    """Return a moment as people read it, in UTC, to the second."""
    return moment.astimezone(UTC).strftime("%Y-%m-%d %H:%M:%SZ")


def _console() -> Console:
    return Console(width=None if sys.stdout.isatty() else _WIDE, highlight=False, markup=False, emoji=False)


def _to_text(value: object) -> str:
    if isinstance(value, datetime):
        return format_time(value)
    if isinstance(value, list | tuple):
        return ", ".join(_to_text(item) for item in value)
    return "" if value is None else str(value)


def _to_json(value: object) -> Any:
    if isinstance(value, datetime):
        return value.astimezone(UTC).isoformat().replace("+00:00", "Z")
    return str(value)

"""How commands print: tables for people, JSON for programs. The only place that knows rich.

Whatever came with an alert is hostile: it is never read as markup, and control characters, which could move the
cursor or rewrite what stands above, are shown as escapes.
"""

import json
import sys
import textwrap
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import contextmanager
from datetime import UTC, datetime
from typing import Any

import click
from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeElapsedColumn
from rich.table import Table
from rich.text import Text

PAGE_COLUMNS = 120  # a page is read, also from a pipe
_WIDE = 1000  # a pipe has no width; grep and cut want whole lines


def print_json(value: Any) -> None:
    """Print a value for programs; everything beyond ASCII is escaped, so no terminal can be played with."""
    click.echo(json.dumps(value, indent=2, default=_to_json))


def print_table(
    columns: Sequence[str],
    rows: Iterable[Sequence[object]],
    *,
    empty: str,
    page: bool = False,
    cut_last: bool = False,
) -> None:
    """Print rows below their columns.

    Args:
        columns: their names.
        rows: their cells.
        empty: the sentence to print if there are no rows.
        page: whether it is part of a page, which is never wider than ``PAGE_COLUMNS``.
        cut_last: whether a terminal shows only as much of the last column as one line has room for.
    """
    table = Table(box=None, padding=(0, 2, 0, 0), header_style="bold", pad_edge=False)
    for column in columns:
        # rich takes room from columns that may wrap, so with cut_last it is the last one that gives.
        table.add_column(column, overflow="fold", no_wrap=cut_last and column != columns[-1])
    for row in rows:
        texts = [Text(plain(_to_text(cell))) for cell in row]
        if cut_last:
            texts[-1].no_wrap, texts[-1].overflow = True, "ellipsis"
        table.add_row(*texts)
    if table.row_count:
        _console(_page_columns() if page else None).print(table)
    else:
        click.echo(empty)


def print_fields(fields: Iterable[tuple[str, object]], *, page: bool = False) -> None:
    """Print names and values, one a line; fields without a value are left out.

    Args:
        fields: names and values.
        page: whether long values go on in the next line at ``PAGE_COLUMNS``; words, such as addresses, stay whole.
    """
    shown = [(name, _to_text(value)) for name, value in fields if value not in (None, "", (), [], {})]
    width = max((len(name) for name, _ in shown), default=0)
    for name, value in shown:
        line = f"{name:<{width}}  {plain(value)}"
        click.echo(_wrapped(line, width + 2) if page else line)


@contextmanager
def progress(label: str) -> Iterator[Callable[[int, int], None]]:
    """Show on standard error how far a long work is, as long as it is a terminal.

    Args:
        label: what is counted.

    Yields:
        What is to be told how many are done, and of how many.
    """
    console = Console(stderr=True)
    columns = (TextColumn(label), BarColumn(), MofNCompleteColumn(), TimeElapsedColumn())
    # Lines of a piped standard output are not the terminal's to show.
    hidden, above = not console.is_terminal, sys.stdout.isatty()
    with Progress(*columns, console=console, transient=True, disable=hidden, redirect_stdout=above) as bar:
        task = bar.add_task(label, total=None)
        yield lambda done, total: bar.update(task, completed=done, total=total)


def plain(text: str) -> str:
    """Return a text in one line in which no character does anything: what can't be printed becomes an escape."""
    return "".join(
        character if character.isprintable() else character.encode("unicode_escape").decode() for character in text
    )


def format_time(moment: datetime) -> str:
    """Return a moment as people read it, in UTC, to the second."""
    return moment.astimezone(UTC).strftime("%Y-%m-%d %H:%M:%SZ")


def _console(columns: int | None = None) -> Console:
    width = columns or (None if sys.stdout.isatty() else _WIDE)
    return Console(width=width, highlight=False, markup=False, emoji=False)


def _wrapped(line: str, indent: int) -> str:
    return textwrap.fill(
        line,
        _page_columns(),
        subsequent_indent=" " * indent,
        break_long_words=False,
        break_on_hyphens=False,
    )


def _page_columns() -> int:
    return min(Console().width, PAGE_COLUMNS) if sys.stdout.isatty() else PAGE_COLUMNS


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

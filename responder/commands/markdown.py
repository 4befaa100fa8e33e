"""Markdown in which foreign text stays text: tables, and escaping for them. Pure; ``post_mortem_page.py`` uses it.

Escaped is what CommonMark (https://spec.commonmark.org/0.31.2/#backslash-escapes) and GitHub's additions (tables,
strikethrough, formulas) give a meaning. What has one only at the beginning of a line is left: foreign text never stands
there.
"""

import json
import re
from collections.abc import Iterable, Iterator, Sequence
from typing import Any

from firebrigade.responder.commands.output import plain

_ENTITIES = {"&": "&amp;", "<": "&lt;", ">": "&gt;", "|": "&#124;"}  # a backslash does not keep | in every table
_SIGNS = str.maketrans({**_ENTITIES, **{sign: f"\\{sign}" for sign in "\\`*_[]~!#$"}})
_ADDRESS = re.compile(r"https?://[A-Za-z0-9._~:/?#\[\]@!$&'()*+,;=%-]+")


def escaped(value: Any) -> str:
    """Return any value as one line of Markdown that shows it and nothing more; None is empty."""
    return plain(_as_text(value)).translate(_SIGNS)


def link(address: Any) -> str:
    """Return an address as a link that shows where it leads; what is no plain web address is shown as text."""
    text = _as_text(address)
    return f"<{text}>" if _ADDRESS.fullmatch(text) else escaped(text)


def table(columns: Sequence[str], rows: Iterable[Sequence[Any]]) -> Iterator[str]:
    """Yield the lines of a table; its cells are escaped, but for those that are `Ready`."""
    yield _row(columns)
    yield _row(["---"] * len(columns))
    yield from (_row([cell if isinstance(cell, Ready) else escaped(cell) for cell in cells]) for cells in rows)


class Ready(str):
    """Text that is Markdown already, made of escaped parts."""

    __slots__ = ()


def _row(cells: Sequence[str]) -> str:
    return f"| {' | '.join(cells)} |"


def _as_text(value: Any) -> str:
    if value is None:
        return ""
    return value if isinstance(value, str) else json.dumps(value, sort_keys=True, ensure_ascii=False)

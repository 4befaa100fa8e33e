"""Comments that say why a check does not apply: ``# firebrigade: ignore <check> because <reason>``.

Such a comment stands on a line of a rule, a group or an SLO, or directly above it, and holds for all of it.
``commands.checking`` has the problems of rules sifted by them. Nothing here judges a rule.
"""

import re
from bisect import bisect_right
from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from difflib import get_close_matches

from firebrigade.rules import checks
from firebrigade.rules.build import Compiled
from firebrigade.rules.problems import Problem

_COMMENT = re.compile(r"(?:^|\s)#\s*firebrigade:\s*(.*)$")
_IGNORE = re.compile(r"ignore\s+(\S+)(?:\s+because\s+(\S.*))?\s*$")
_LISTS = frozenset({"groups", "rules", "slos"})


@dataclass(frozen=True, slots=True, kw_only=True)
class _Ignore:
    """One comment.

    Attributes:
        line: where it stands.
        unit: the first line of what it holds for; 0 when it is above nothing.
    """

    line: int
    unit: int
    check: str


@dataclass(frozen=True, slots=True, kw_only=True)
class _Units:
    """The rules, groups and SLOs of one file, by the lines that they begin at."""

    starts: Sequence[int]

    def of(self, line: int) -> int:
        number = bisect_right(self.starts, line)
        return self.starts[number - 1] if number else 0


def sifted(found: Iterable[Problem], compiled: Sequence[Compiled], ran: Collection[str]) -> list[Problem]:
    """Return the problems that nobody ignores, and those of the comments themselves.

    Args:
        found: the problems of rules.
        compiled: the files that they are about.
        ran: the names of the checks that were made; a comment about another one is not told to be unused.

    Raises:
        OSError: a file that was read before can't be read again.
    """
    units = {str(part.source.path): _Units(starts=sorted(_starts(part))) for part in compiled}
    texts = {str(part.source.path): part.source.path.read_text(encoding="utf-8") for part in compiled}
    told: list[Problem] = []
    ignores: dict[tuple[str, int, str], list[Problem]] = {}
    for part in compiled:
        file = str(part.source.path)
        for one in _comments(file, texts[file], units[file]):
            if isinstance(one, Problem):
                told.append(one)
            else:
                unused = _problem(
                    file, one.line, "ignore/unused", f"{one.check} tells nothing here; remove the comment"
                )
                ignores.setdefault((file, one.unit, one.check), []).append(unused)
    kept, used = _divided(found, ignores, units)
    told += [p for key, comments in ignores.items() if key not in used and key[2] in ran for p in comments]
    return kept + told


def _divided(
    found: Iterable[Problem], ignores: Collection[tuple[str, int, str]], units: Mapping[str, _Units]
) -> tuple[list[Problem], set[tuple[str, int, str]]]:
    """Return the problems that are left, and the comments that took one away."""
    kept: list[Problem] = []
    used: set[tuple[str, int, str]] = set()
    for problem in found:
        unit = units[problem.file].of(problem.line) if problem.file in units else 0
        key = (problem.file, unit, problem.check)
        if key in ignores:
            used.add(key)
        else:
            kept.append(problem)
    return kept, used


def _starts(part: Compiled) -> set[int]:
    """Return the lines at which groups, rules and SLOs begin; a file that has no such list is one of them itself."""
    origins = {rule.origin for group in part.file.groups for rule in group.rules}
    paths = {origin[:end] for origin in origins for end in range(2, len(origin) + 1) if origin[end - 2] in _LISTS}
    return {1, *map(part.source.line, paths)}


def _comments(file: str, text: str, units: _Units) -> Iterator[_Ignore | Problem]:
    if "firebrigade:" not in text:
        return
    lines = text.splitlines()
    for number, line in enumerate(lines, start=1):
        match = _COMMENT.search(line)
        if match:
            yield _read(file, number, match[1], units.of(_about(lines, number)))


def _about(lines: Sequence[str], number: int) -> int:
    """Return the line that a comment is about: its own, or the first below that is no comment; 0 for none."""
    while number <= len(lines) and lines[number - 1].lstrip().startswith("#"):
        number += 1
    return number if number <= len(lines) and lines[number - 1].strip() else 0


def _read(file: str, line: int, text: str, unit: int) -> _Ignore | Problem:
    match = _IGNORE.match(text)
    if match is None:
        message = f"{text.strip()!r} is not understood; write # firebrigade: ignore <check> because <reason>"
    elif match[1] not in checks.every():
        near = get_close_matches(match[1], checks.every(), n=1)
        message = f"there is no check {match[1]}; " + (f"did you mean {near[0]}?" if near else "correct its name")
    elif not match[2]:
        message = f"gives no reason; write # firebrigade: ignore {match[1]} because <reason>"
    else:
        return _Ignore(line=line, unit=unit, check=match[1])
    return _problem(file, line, "ignore/comment", message)


def _problem(file: str, line: int, check: str, message: str) -> Problem:
    severity = checks.every()[check].severity
    return Problem(file=file, line=line, key="", message=message, check=check, severity=severity)

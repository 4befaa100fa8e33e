"""One look at a running Prometheus for a whole set of rules: what it lacks, and what its alerts would have done."""

import time
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass

from firebrigade.rules import checks
from firebrigade.rules.checks.subjects import Entry
from firebrigade.rules.live.client import Client, QueryRefusedError, Server
from firebrigade.rules.live.history import Fired, fired
from firebrigade.rules.live.presence import Selection, missing, present, selections
from firebrigade.rules.problems import Problem

Progress = Callable[[int, int], None]


@dataclass(frozen=True, slots=True, kw_only=True)
class Question:
    """Whom to ask, and for how long.

    Attributes:
        within_seconds: no further alert is asked for after this time.
        progress: is told how many alerts are done, and how many there are.
    """

    server: Server
    within_seconds: float = 300.0
    progress: Progress | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Looked:
    """What was seen.

    Attributes:
        fired: the alerts that would have fired most often come first.
        left_out: how many alerts were not asked for, because the time was up.
    """

    problems: tuple[Problem, ...] = ()
    fired: tuple[Fired, ...] = ()
    left_out: int = 0


def look(entries: Sequence[Entry], question: Question) -> Looked:
    """Ask a Prometheus about rules; what can't be parsed is left out.

    Raises:
        RulesError: it can't be asked.
    """
    ends = time.monotonic() + question.within_seconds
    with Client(question.server) as client:
        now = client.now()
        lacking = _lacking(entries, client)
        problems = list(_told(lacking))
        alerts = [(entry, lacks) for entry, lacks in lacking if entry.rule.alert]
        asked: list[Fired | Problem] = []
        for entry, lacks in alerts:
            if time.monotonic() > ends:
                break
            asked.append(_asked(entry, client, now, blind=any(check == "live/series" for check, _ in lacks)))
            if question.progress:
                question.progress(len(asked), len(alerts))
    problems += [one for one in asked if isinstance(one, Problem)]
    found = sorted((one for one in asked if isinstance(one, Fired)), key=lambda one: (-one.times, one.file, one.line))
    return Looked(problems=tuple(dict.fromkeys(problems)), fired=tuple(found), left_out=len(alerts) - len(asked))


def _lacking(entries: Sequence[Entry], client: Client) -> list[tuple[Entry, list[tuple[str, str]]]]:
    """Return the rules, and what is to be told of the series that are not there."""
    read = [(entry, selections(entry)) for entry in entries if entry.facts is not None]
    there = _there([one for _, wanted in read for one in wanted], client)
    return [(entry, list(missing(wanted, there))) for entry, wanted in read]


def _told(lacking: Sequence[tuple[Entry, Sequence[tuple[str, str]]]]) -> Iterator[Problem]:
    """Yield the problems of series that are not there; what is recorded once is missing once, however many read it."""
    seen: set[str] = set()
    for entry, lacks in lacking:
        for check, sentence in lacks:
            if ":" not in sentence or sentence not in seen:
                yield _problem(entry, check, sentence)
            seen.add(sentence)


def _asked(entry: Entry, client: Client, now: float, *, blind: bool) -> Fired | Problem:
    try:
        return fired(entry, client, now, blind=blind)
    except QueryRefusedError as error:
        return _problem(entry, "live/refused", f"is not evaluated by this Prometheus: {error}")


def _there(wanted: Sequence[Selection], client: Client) -> frozenset[str]:
    """Return the names and selections that have a series."""
    names = present((one.name for one in wanted if one.name), client)
    return names | present(_worth_asking(wanted, names), client)


def _worth_asking(wanted: Sequence[Selection], names: frozenset[str]) -> Iterator[str]:
    return (one.text for one in wanted if not one.name or (one.name in names and one.text != one.name))


def _problem(entry: Entry, check: str, sentence: str) -> Problem:
    problem = entry.source.problem((*entry.rule.origin, "expr"), sentence)
    return Problem(
        file=problem.file,
        line=problem.line,
        key=problem.key,
        message=problem.message,
        check=check,
        severity=checks.every()[check].severity,
    )

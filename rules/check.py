"""Judges whole sets of rules by the checks of ``checks/``, each problem at the line that it comes from.

``commands.checking`` calls ``problems``. What is judged is in the checks, one file each; nothing here is written.
"""

from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace

from firebrigade.rules import checks, recorded
from firebrigade.rules.build import Compiled
from firebrigade.rules.checks.kinds import Check, GroupCheck, QueryCheck, RuleCheck, SetCheck
from firebrigade.rules.checks.subjects import MAX_SAMPLES, Entry, RuleSet
from firebrigade.rules.contract import Contract
from firebrigade.rules.document import Document, KeyPath
from firebrigade.rules.library import Surroundings
from firebrigade.rules.problems import Problem
from firebrigade.rules.queries import Queries, Told
from firebrigade.rules.rulefile import Group
from firebrigade.rules.testing.promtool import Promtool

# What Sloth and OpenSLO have no place for, or leave to the user's own words.
_OURS = frozenset({"alert/annotation", "alert/severity", "alert/team", "metric/unknown"})


@dataclass(frozen=True, slots=True, kw_only=True)
class _Judgement:
    """What a check says, and where."""

    check: Check
    source: Document
    place: KeyPath
    sentence: str

    def problem(self) -> Problem:
        return named(self.check.name, self.source.problem(self.place, self.sentence))


@dataclass(frozen=True, slots=True, kw_only=True)
class Judged:
    """All rules with what is known of them, and every problem, at the line that it comes from and once."""

    entries: list[Entry]
    problems: list[Problem]


def problems(compiled: Sequence[Compiled], contract: Contract, surroundings: Surroundings) -> list[Problem]:
    """Return every problem of the compiled specs."""
    return judge(compiled, contract, surroundings).problems


def judge(
    compiled: Sequence[Compiled],
    contract: Contract,
    surroundings: Surroundings,
    max_samples: int = MAX_SAMPLES,
    shown: frozenset[str] = frozenset(),
) -> Judged:
    """Make all checks.

    Args:
        compiled: the specs, checked together: rules may read what others record.
        contract: the metrics that they may read.
        surroundings: the runbooks and links that there are.
        max_samples: how many samples an evaluation of one rule may read.
        shown: the series that dashboards read.
    """
    groups = [(part.source, group) for part in compiled for group in part.file.groups]
    known = contract.with_series(recorded.series((group for _, group in groups), contract))
    entries, told = _entries(compiled, known, surroundings)
    judgements = [
        *(_at(entry, ("expr",), one) for entry, one in told),
        *_of_rules(entries),
        *_of_groups(groups),
        *_of_sets(entries, max_samples, shown),
    ]
    # One written rule can become many, with the same problem each.
    found = dict.fromkeys(judgement.problem() for judgement in judgements)
    found = dict.fromkeys(_weighed(found, {str(part.source.path) for part in compiled if part.foreign}))
    order = {str(part.source.path): number for number, part in enumerate(compiled)}
    listed = sorted(found, key=lambda problem: (order[problem.file], problem.line))
    return Judged(entries=entries, problems=listed)


def _weighed(found: Iterable[Problem], foreign: Collection[str]) -> Iterator[Problem]:
    """Yield problems; in specs of other formats it is only a warning that they lack what only ours has a place for."""
    for problem in found:
        lenient = problem.file in foreign and problem.check in _OURS and problem.severity == "error"
        yield replace(problem, severity="warning") if lenient else problem


def named(check: str, problem: Problem) -> Problem:
    """Return a problem as a check tells it."""
    return replace(problem, check=check, severity=checks.every()[check].severity)


def by_promtool(compiled: Sequence[Compiled], promtool: Promtool) -> list[Problem]:
    """Return what promtool's own check and its linter say about the built files.

    Raises:
        RulesError: promtool is missing or does not answer.
    """
    said = promtool.check_rules({part.file.name: part.file.text for part in compiled})
    sentences = {
        name: f"promtool refuses what is built from it: {' '.join(text.split())}" for name, text in said.items()
    }
    return [
        named("file/promtool", part.source.problem((), sentences[part.file.name]))
        for part in compiled
        if part.file.name in sentences
    ]


def stale(compiled: Sequence[Compiled], files: Mapping[str, str]) -> list[Problem]:
    """Return a problem for each rule file that is not what its spec says, or that no spec makes any more.

    Args:
        compiled: all specs.
        files: the texts of the present rule files, by name.
    """
    wanted = {part.file.name: part for part in compiled}
    old = (
        part.source.problem((), f"the rule file {name} is not up to date; run firebrigade rules build")
        for name, part in wanted.items()
        if files.get(name) != part.file.text
    )
    # Prometheus loads whatever lies there: a renamed spec's alerts would fire twice.
    left = (
        Problem(file=name, line=0, key="", message="is made from no spec any more; delete it")
        for name in sorted(set(files) - set(wanted))
    )
    return [named("file/stale", problem) for problem in (*old, *left)]


def _entries(
    compiled: Sequence[Compiled], contract: Contract, surroundings: Surroundings
) -> tuple[list[Entry], list[tuple[Entry, Told]]]:
    every = checks.every()
    judges = [check for check in every.values() if isinstance(check, QueryCheck)]
    queries = Queries(contract, judges, every["promql/syntax"], surroundings.server)
    entries: list[Entry] = []
    told: list[tuple[Entry, Told]] = []
    placed = ((part, group) for part in compiled for group in part.file.groups)
    for part, group in placed:
        for rule in group.rules:
            judged = queries.judged(rule)
            entry = Entry(
                rule=rule,
                group=group,
                source=part.source,
                facts=judged.facts,
                surroundings=surroundings,
                foreign=part.foreign,
            )
            entries.append(entry)
            told += [(entry, one) for one in judged.told]
    return entries, told


def _at(entry: Entry, key: KeyPath, told: Told) -> _Judgement:
    check, sentence = told
    return _Judgement(check=check, source=entry.source, place=(*entry.rule.origin, *key), sentence=sentence)


def _of_rules(entries: Sequence[Entry]) -> Iterator[_Judgement]:
    every = [check for check in checks.every().values() if isinstance(check, RuleCheck)]
    of_records = [check for check in every if not check.name.startswith("alert/")]
    for entry in entries:
        for check in every if entry.rule.alert else of_records:
            for key, sentence in check.judge(entry):
                yield _at(entry, key, (check, sentence))


def _of_groups(groups: Sequence[tuple[Document, Group]]) -> Iterator[_Judgement]:
    chosen = [check for check in checks.every().values() if isinstance(check, GroupCheck)]
    for source, group in groups:
        for check in chosen:
            for sentence in check.judge(group):
                yield _Judgement(check=check, source=source, place=_place(group), sentence=sentence)


def _of_sets(entries: Sequence[Entry], max_samples: int, shown: frozenset[str]) -> Iterator[_Judgement]:
    recorded_by: dict[str, list[Entry]] = {}
    for entry in entries:
        if entry.rule.record:
            recorded_by.setdefault(entry.rule.record, []).append(entry)
    rules = RuleSet(entries=entries, recorded=recorded_by, shown=shown, max_samples=max_samples)
    for check in checks.every().values():
        if isinstance(check, SetCheck):
            for entry, key, sentence in check.judge(rules):
                yield _at(entry, key, (check, sentence))


def _place(group: Group) -> KeyPath:
    """Return where a group is written: beside its rules, or where the spec is that it was made from."""
    origin = group.rules[0].origin if group.rules else ()
    return origin[:-2] if origin[-2:-1] == ("rules",) else origin

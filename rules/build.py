"""Spec files in, Prometheus rule files out, the same bytes every time.

``commands.py`` calls it for the command line, ``check.py`` and the tests for its parts. It reads specs and writes
nothing: ``write`` is the only exception.
"""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Protocol

from firebrigade.rules import alerts, document, specfiles
from firebrigade.rules.document import Document
from firebrigade.rules.formats import own as spec
from firebrigade.rules.formats import recognition
from firebrigade.rules.formats import shelf as shelves
from firebrigade.rules.formats.recognition import Reader
from firebrigade.rules.formats.shelf import Shelf
from firebrigade.rules.library import Surroundings
from firebrigade.rules.problems import Problem, RulesError
from firebrigade.rules.rulefile import Group, RuleFile, render
from firebrigade.rules.slo import burnrate
from firebrigade.rules.slo.objectives import Objective
from firebrigade.rules.specfiles import SpecFile


@dataclass(frozen=True, slots=True, kw_only=True)
class Compiled:
    """A spec and the rule file that it becomes.

    Attributes:
        source: where the rules' origins are found; for a file of several documents all of them joined.
        file: the rules.
        objectives: of an SLO spec.
        foreign: whether the spec's format has no place for a team, a runbook and a dashboard.
    """

    source: Document
    file: RuleFile
    objectives: tuple[Objective, ...] = ()
    foreign: bool = False


def compile_all(paths: Iterable[Path], surroundings: Surroundings) -> tuple[Compiled, ...]:
    """Compile spec files and those in folders, each document by its format.

    Raises:
        RulesError: with the problems of all files.
    """
    files, unreadable = specfiles.read(paths)
    compiled, problems = compile_each(files, surroundings)
    if told := (*unreadable, *problems):
        raise RulesError(told)
    return compiled


def compile_each(
    files: Iterable[SpecFile], surroundings: Surroundings
) -> tuple[tuple[Compiled, ...], tuple[Problem, ...]]:
    """Compile what can be compiled, so that one bad file does not hide the problems of the others.

    Returns:
        the good files that become rules, and the problems of the others, each once.
    """
    files = tuple(files)
    shelf = shelves.filled(part for file in files for part in _parts(file))
    compiled: list[Compiled] = []
    problems: list[Problem] = [*shelf.problems]
    for file in files:
        try:
            compiled.append(_compile(file, surroundings, shelf))
        except RulesError as error:
            problems += error.problems
    problems += _collisions(compiled)
    built = tuple(part for part in compiled if part.file.groups)
    if compiled and not built and not problems:
        problems = [compiled[0].source.problem((), "has no SLO; name the files of the SLOs as well")]
    if compiled and not problems:
        problems += _unused(compiled, surroundings)
    return built, tuple(dict.fromkeys(problems))


def _unused(compiled: Iterable[Compiled], surroundings: Surroundings) -> Iterator[Problem]:
    """Yield windows that a build was given for nothing: without a word about it, others would be used instead."""
    periods = {objective.windows.period.seconds for part in compiled for objective in part.objectives}
    for windows in surroundings.windows:
        if windows.period.seconds not in periods:
            message = f"no SLO has the period {windows.period}; choose it with --period {windows.period}"
            yield Problem(file="", line=0, key="--windows", message=message)


def compile_one(source: Document, surroundings: Surroundings) -> Compiled:
    """Compile a spec that is a file's only document.

    Raises:
        RulesError: with everything that is wrong in it.
    """
    file = SpecFile(path=source.path, stem=source.path.stem, documents=(source,))
    return _compile(file, surroundings, shelves.filled(_parts(file)))


def _parts(file: SpecFile) -> Iterator[Document]:
    return (part for source in file.documents for part in recognition.objects(source))


def _compile(file: SpecFile, surroundings: Surroundings, shelf: Shelf) -> Compiled:
    found: list[_Groups] = []
    problems: list[Problem] = []
    for source in _parts(file):
        try:
            found.append(_read(source, surroundings, shelf))
        except RulesError as error:
            problems += error.problems
    if problems := [*problems, *_repeated(found)]:
        raise RulesError(problems)
    kind = "slo" if any(part.reader for part in found) else "alerts"
    built = RuleFile(
        name=f"{kind}-{file.stem}.yaml",
        source=f"{file.path.absolute().parent.name}/{file.path.name}",
        groups=tuple(group for part in found for group in part.groups),
    )
    return Compiled(
        source=document.joined(file.documents),
        file=built,
        objectives=tuple(objective for part in found for objective in part.objectives),
        foreign=all(part.reader not in {None, spec.objectives} for part in found),
    )


@dataclass(frozen=True, slots=True, kw_only=True)
class _Groups:
    """What one document becomes; hand-written rules have neither a reader nor SLOs."""

    source: Document
    reader: Reader | None
    objectives: tuple[Objective, ...]
    groups: tuple[Group, ...]


def _read(source: Document, surroundings: Surroundings, shelf: Shelf) -> _Groups:
    reader = recognition.reader(source, shelf)
    if reader is None:
        return _Groups(source=source, reader=None, objectives=(), groups=alerts.groups(source, surroundings))
    found = reader(source, surroundings)
    groups = tuple(
        group for objective in found for group in burnrate.groups(objective, sloth=surroundings.sloth_alerts)
    )
    return _Groups(source=source, reader=reader, objectives=found, groups=groups)


def _repeated(found: Iterable[_Groups]) -> Iterator[Problem]:
    """Yield SLOs that a file has twice."""
    ids: set[str] = set()
    for part in found:
        for objective in part.objectives:
            if objective.id in ids:
                message = f"{objective.id} is there twice; give each SLO of a service its own name"
                yield part.source.problem(objective.origin, message)
            ids.add(objective.id)


def merged(compiled: Sequence[Compiled]) -> str:
    """Return all rules as the text of one file."""
    groups = tuple(group for part in compiled for group in part.file.groups)
    return render(groups, ", ".join(part.file.source for part in compiled))


class Text(Protocol):
    """A file to be written: a rule file, a manifest or a dashboard."""

    @property
    def name(self) -> str:
        """Its name in the folder."""

    @property
    def text(self) -> str:
        """Its content."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Written:
    """A file whose text is known."""

    name: str
    text: str


def write(files: Iterable[Text], folder: Path) -> tuple[Path, ...]:
    """Write files into a folder, which is made when it is missing, and return their paths.

    Raises:
        RulesError: the folder can't be written.
    """
    try:
        folder.mkdir(parents=True, exist_ok=True)
        return tuple(_write(folder / file.name, file.text) for file in files)
    except OSError as error:
        message = f"can't be written ({error.strerror}); choose another folder"
        raise RulesError([Problem(file=str(folder), line=0, key="", message=message)]) from None


def _write(path: Path, text: str) -> Path:
    path.write_text(text, encoding="utf-8")
    return path


def _collisions(compiled: Sequence[Compiled]) -> Iterable[Problem]:
    files: dict[str, Compiled] = {}
    groups: dict[str, Compiled] = {}
    for part in compiled:
        if (other := files.setdefault(part.file.name, part)) is not part:
            yield part.source.problem((), f"would overwrite the rule file of {other.source.path}; rename one of them")
        for group in part.file.groups:
            # Prometheus tells groups of different files apart, promtool's group_eval_order does not.
            if (other := groups.setdefault(group.name, part)) is not part:
                yield part.source.problem((), f"has the group {group.name} of {other.source.path}; rename one of them")

"""Spec files in, Prometheus rule files out, the same bytes every time.

``commands.py`` calls it for the command line, ``check.py`` and the tests for its parts. It reads specs and writes
nothing: ``write`` is the only exception.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Protocol

from firebrigade.rules import alerts, burnrate, document, spec
from firebrigade.rules.document import Document
from firebrigade.rules.library import Surroundings
from firebrigade.rules.objectives import Objective
from firebrigade.rules.problems import Problem, RulesError
from firebrigade.rules.rulefile import RuleFile, render


@dataclass(frozen=True, slots=True, kw_only=True)
class Compiled:
    """A spec, its objectives where it has any, and the rule file that it becomes."""

    source: Document
    file: RuleFile
    objectives: tuple[Objective, ...] = ()


def compile_all(paths: Iterable[Path], surroundings: Surroundings) -> tuple[Compiled, ...]:
    """Compile spec files, each by its kind.

    Raises:
        RulesError: with the problems of all files.
    """
    compiled: list[Compiled] = []
    problems: list[Problem] = []
    for path in paths:
        try:
            compiled.append(compile_one(document.read(path), surroundings))
        except RulesError as error:
            problems += error.problems
    problems += _collisions(compiled)
    if problems:
        raise RulesError(problems)
    return tuple(compiled)


def compile_one(source: Document, surroundings: Surroundings) -> Compiled:
    """Compile one spec: a file with ``slos`` is an SLO spec, one with ``groups`` holds hand-written rules.

    Raises:
        RulesError: with everything that is wrong in it.
    """
    keys = source.data if isinstance(source.data, dict) else {}
    found: tuple[Objective, ...] = ()
    if "slos" in keys:
        found = spec.objectives(source, surroundings)
        kind, groups = "slo", tuple(group for objective in found for group in burnrate.groups(objective))
    elif "groups" in keys:
        kind, groups = "alerts", alerts.groups(source, surroundings)
    else:
        raise RulesError([source.problem((), "is no spec: it has neither slos nor groups at its top")])
    path = source.path
    file = RuleFile(name=f"{kind}-{path.stem}.yaml", source=f"{path.absolute().parent.name}/{path.name}", groups=groups)
    return Compiled(source=source, file=file, objectives=found)


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

"""Which files a command is about, where folders may stand for the files in them, and their documents.

``build.py`` and the commands call ``read``. What a document is about is for others to say.
"""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path

from firebrigade.rules import document
from firebrigade.rules.document import Document
from firebrigade.rules.problems import Problem, RulesError

_SUFFIXES = (".yaml", ".yml")


@dataclass(frozen=True, slots=True, kw_only=True)
class SpecFile:
    """A file as it was read.

    Attributes:
        path: as the user named it.
        stem: what the rule file that is built from it is called after. For a file found in a folder the folders
            between are part of it: Prometheus' ``rule_files`` looks into no folder below, so that all lie in one.
        documents: at least one.
    """

    path: Path
    stem: str
    documents: tuple[Document, ...]


def read(paths: Iterable[Path]) -> tuple[tuple[SpecFile, ...], tuple[Problem, ...]]:
    """Return the files that can be read, each folder's sorted by name, and what is wrong with the others.

    Hidden files in folders are passed over.
    """
    files: list[SpecFile] = []
    problems: list[Problem] = []
    for path, stem in _expanded(paths):
        try:
            files.append(SpecFile(path=path, stem=stem, documents=_documents(path)))
        except RulesError as error:
            problems += error.problems
    return tuple(files), tuple(problems)


def _expanded(paths: Iterable[Path]) -> Iterator[tuple[Path, str]]:
    for path in paths:
        inside = list(_inside(path)) if path.is_dir() else []
        yield from inside or [(path, path.stem)]


def _inside(folder: Path) -> Iterator[tuple[Path, str]]:
    for path in sorted(folder.rglob("*")):
        parts = path.relative_to(folder).with_suffix("").parts
        if path.suffix in _SUFFIXES and path.is_file() and not any(part.startswith(".") for part in parts):
            yield path, "-".join(parts)


def _documents(path: Path) -> tuple[Document, ...]:
    if path.is_dir():
        raise _refusal(path, "holds no *.yaml and no *.yml; name the folder of the specs")
    if documents := document.read_all(path):
        return documents
    raise _refusal(path, "is empty; write a spec into it")


def _refusal(path: Path, message: str) -> RulesError:
    return RulesError([Problem(file=str(path), line=0, key="", message=message)])

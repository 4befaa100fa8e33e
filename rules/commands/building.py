"""``build`` as a function: specs in, rule files out. The command line prints what it returns."""

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from firebrigade.rules import build as builder
from firebrigade.rules import library


@dataclass(frozen=True, slots=True, kw_only=True)
class Built:
    """What was built.

    Attributes:
        text: all rules as one rule file, for standard output.
        files: the files that were written; empty when nothing was to be written.
        rules: how many rules there are.
    """

    text: str
    files: tuple[Path, ...]
    rules: int


def build(specs: Sequence[Path] = (), out: Path | None = None) -> Built:
    """Build rule files from alert files and SLO specs.

    Args:
        specs: files anywhere; none means the bundled library.
        out: the folder for the rule files; None writes nothing.

    Raises:
        RulesError: with every mistake in the specs, or because the folder can't be written.
    """
    compiled = builder.compile_all(specs or library.specs(), library.surroundings())
    files = builder.write(compiled, out) if out else ()
    rules = sum(len(group.rules) for part in compiled for group in part.file.groups)
    return Built(text=builder.merged(compiled), files=files, rules=rules)

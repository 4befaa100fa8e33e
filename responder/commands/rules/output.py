"""What the commands on rules have in common: how they refuse, and how they count."""

from collections.abc import Iterable
from pathlib import Path

import click

from firebrigade.responder.commands.group import UserError
from firebrigade.rules.problems import Problem

FAILED = 1
FILES = click.Path(path_type=Path, exists=True, dir_okay=False)
SPECS = click.Path(path_type=Path, exists=True)


def refuse(problems: Iterable[Problem]) -> UserError:
    """Return the error that prints every problem."""
    return UserError("\n".join(str(problem) for problem in problems))


def count(number: int, thing: str) -> str:
    """Return ``3 files`` or ``1 file``."""
    return f"{number} {thing}{'' if number == 1 else 's'}"

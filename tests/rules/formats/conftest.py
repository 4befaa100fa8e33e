"""What the tests of the formats share: reading a text as objectives, or as what is wrong in it."""

from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from firebrigade.rules import document, library
from firebrigade.rules.formats import recognition
from firebrigade.rules.formats import shelf as shelves
from firebrigade.rules.library import Surroundings
from firebrigade.rules.problems import RulesError
from firebrigade.rules.slo.objectives import Objective

Read = Callable[..., tuple[Objective, ...]]
Refuse = Callable[..., list[str]]
_PATH = Path("specs.yaml")


def _read(text: str, **chosen: Any) -> tuple[Objective, ...]:
    surroundings: Surroundings = replace(library.surroundings(), **chosen)
    parts = [part for source in document.parse_all(_PATH, text) for part in recognition.objects(source)]
    shelf = shelves.filled(parts)
    readers = [(recognition.reader(part, shelf), part) for part in parts]
    return tuple(objective for reader, part in readers if reader for objective in reader(part, surroundings))


@pytest.fixture(scope="session")
def read() -> Read:
    """Read the SLOs of a text, with other surroundings than the bundled ones by name."""
    return _read


@pytest.fixture(scope="session")
def refuse() -> Refuse:
    """Return what is wrong in a text, without the file's name."""

    def problems(text: str, **chosen: Any) -> list[str]:
        with pytest.raises(RulesError) as error:
            _read(text, **chosen)
        return [str(problem).removeprefix(str(_PATH)) for problem in error.value.problems]

    return problems

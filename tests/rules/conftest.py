"""What the tests of the rule library share: specs written to temporary files."""

from collections.abc import Callable
from pathlib import Path

import pytest

from firebrigade.rules import library
from firebrigade.rules.contract import Contract, load
from firebrigade.rules.library import Surroundings
from firebrigade.rules.testing import casecache
from firebrigade.rules.testing.casecache import RunsCases
from firebrigade.rules.testing.promtool import Promtool

Write = Callable[..., Path]


@pytest.fixture
def write(tmp_path: Path) -> Write:
    """Write a text to a file of a temporary folder and return its path."""

    def write_file(name: str, text: str) -> Path:
        path = tmp_path / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text, encoding="utf-8")
        return path

    return write_file


@pytest.fixture(scope="session")
def contract() -> Contract:
    """The bundled metric contract."""
    return load()


@pytest.fixture
def surroundings() -> Surroundings:
    """The bundled links and services, with runbooks that don't depend on the folder beside the library."""
    bundled = library.surroundings()
    targets = {"service-down": (frozenset({"pod", "deployment"}),), "high-error-rate": ()}
    runbooks = frozenset(targets)
    return Surroundings(
        links=bundled.links,
        services=bundled.services,
        runbooks=runbooks,
        dashboards=frozenset({"shop"}),
        targets=targets,
    )


@pytest.fixture(scope="session")
def promtool_cases() -> RunsCases:
    """promtool, with the results of earlier runs of the tests; `make clean` forgets them."""
    return casecache.runner(Promtool(), Path(__file__).parents[2] / ".cache" / "promtool")

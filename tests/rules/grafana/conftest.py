"""What the tests of dashboards share: the bundled ones, what is around them, and specs written to files."""

import json
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

import pytest

from firebrigade.rules import build, library, specfiles
from firebrigade.rules.commands import dashboards
from firebrigade.rules.contract import Contract, load
from firebrigade.rules.grafana import check, sources
from firebrigade.rules.grafana.scene import Scene
from firebrigade.rules.grafana.spec import Panel
from firebrigade.rules.problems import Problem

Json = dict[str, Any]
Judge = Callable[[str], list[Problem]]


@pytest.fixture(scope="session")
def compiled() -> tuple[build.Compiled, ...]:
    """The bundled specs and their rules."""
    return build.compile_all(library.specs(), library.surroundings())


@pytest.fixture(scope="session")
def scene(compiled: tuple[build.Compiled, ...], metrics: Contract) -> Scene:
    """What the bundled dashboards are about."""
    return dashboards.Scenery(around=library.surroundings(), metrics=metrics, compiled=compiled).scene


@pytest.fixture(scope="session")
def metrics() -> Contract:
    """The bundled metric contract."""
    return load()


@pytest.fixture(scope="session")
def bundled() -> Mapping[str, Json]:
    """The committed dashboards by their uid."""
    files = sorted(library.generated_dashboards().glob("*.json"))
    return {path.stem: json.loads(path.read_text(encoding="utf-8")) for path in files}


@pytest.fixture
def judged(tmp_path: Path, scene: Scene) -> Judge:
    """Return what is wrong with a dashboard spec, format and content alike."""

    def judge(text: str) -> list[Problem]:
        path = tmp_path / "shop.yaml"
        path.write_text(text, encoding="utf-8")
        written, problems = sources.parse(specfiles.read([path])[0])
        return [*problems, *check.problems(written, scene)]

    return judge


@pytest.fixture
def panel() -> Callable[..., Panel]:
    """Return a panel with one query; further keys replace the usual ones."""

    def make(expr: str, legend: str = "all", **keys: Any) -> Panel:
        usual = {"title": "Panel", "description": "A panel.", "queries": [{"expr": expr, "legend": legend}]}
        return Panel.model_validate({**usual, **keys})

    return make

"""What the commands on dashboards have in common: what is around them, what is wrong with them, which files are old."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from functools import cached_property
from pathlib import Path

from firebrigade.rules import build as builder
from firebrigade.rules import check as checker
from firebrigade.rules import library
from firebrigade.rules.build import Compiled
from firebrigade.rules.contract import Contract
from firebrigade.rules.grafana import check as judge
from firebrigade.rules.grafana import queries, sources
from firebrigade.rules.grafana.dashboards import File, file
from firebrigade.rules.grafana.scene import Scene, scene
from firebrigade.rules.grafana.sources import Source
from firebrigade.rules.library import Surroundings
from firebrigade.rules.problems import Problem, RulesError
from firebrigade.rules.specfiles import SpecFile


@dataclass(frozen=True, kw_only=True)
class Scenery:
    """What the dashboards of a command are about.

    Attributes:
        around: links, and how SLOs alert.
        metrics: the series that queries may read besides recorded ones.
        compiled: the rules that the command is about.
    """

    around: Surroundings
    metrics: Contract
    compiled: Sequence[Compiled]

    @cached_property
    def scene(self) -> Scene:
        """What dashboards can show and link to: these rules, and those of the library besides."""
        given = {part.source.path.resolve() for part in self.compiled}
        paths = [path for path in library.specs() if path.resolve() not in given]
        usual = replace(library.surroundings(), links=self.around.links, own_links=self.around.own_links)
        bundled = builder.compile_all(paths, usual)
        return scene([*self.compiled, *bundled], self.metrics, self.around)

    def problems(self, written: Sequence[Source]) -> list[Problem]:
        """Return what is wrong with written dashboards; those of SLOs are right by construction."""
        return judge.problems(written, self.scene) if written else []

    def files(self, written: Sequence[Source]) -> tuple[File, ...]:
        """Return the files of written dashboards, and of those that the SLOs of the rules become.

        Raises:
            RulesError: with everything that is wrong with the dashboards.
        """
        if found := self.problems(written):
            raise RulesError(found)
        every = (*written, *sources.of_services(self.compiled, written))
        return tuple(file(source.dashboard, self.scene) for source in every)

    def stale(self, written: Sequence[Source], folder: Path) -> list[Problem]:
        """Return a problem for each file of a folder that is not what its spec says; none while specs are wrong."""
        try:
            wanted = {one.name: one.text for one in self.files(written)}
        except RulesError:
            return []
        present = {path.name: path.read_text(encoding="utf-8") for path in folder.glob("*.json")}
        names = sorted(name for name in {*present, *wanted} if present.get(name) != wanted.get(name))
        command = "firebrigade rules build --format dashboards --out rules/generated/dashboards"
        message = f"is not what its spec says; run {command}, and delete it if it has none"
        found = (Problem(file=str(folder / name), line=0, key="", message=message) for name in names)
        return [checker.named("file/stale", problem) for problem in found]


def split(files: Iterable[SpecFile]) -> tuple[list[SpecFile], list[SpecFile]]:
    """Return the files that hold dashboards, and the others."""
    found = list(files)
    boards = [one for one in found if sources.is_dashboard(one)]
    return boards, [one for one in found if one not in boards]


def linked(around: Surroundings, compiled: Sequence[Compiled], written: Sequence[Source]) -> Surroundings:
    """Return surroundings with the dashboards besides that these specs become: alerts may link to them."""
    if around.dashboards is None:
        return around
    made = {source.dashboard.uid for source in (*written, *sources.of_services(compiled, written))}
    return replace(around, dashboards=around.dashboards | made)


def shown(written: Sequence[Source]) -> frozenset[str]:
    """Return the series that written dashboards read."""
    panels = (panel for source in written for row in source.dashboard.rows for panel in row.panels)
    return frozenset(name for panel in panels for query in panel.queries for name in queries.names(query))

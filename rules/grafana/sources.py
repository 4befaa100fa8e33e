"""Dashboards and where they come from: a spec file, or the SLOs of a service.

``commands`` reads them, ``check.py`` says what is wrong at the place that they come from.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from firebrigade.rules.build import Compiled
from firebrigade.rules.document import Document, KeyPath
from firebrigade.rules.grafana import slos
from firebrigade.rules.grafana.spec import Dashboard
from firebrigade.rules.problems import Problem, RulesError
from firebrigade.rules.slo.objectives import Objective
from firebrigade.rules.specfiles import SpecFile


@dataclass(frozen=True, slots=True, kw_only=True)
class Source:
    """A dashboard; ``origin`` is the key in the file that it comes from, empty for a dashboard's own file."""

    document: Document
    dashboard: Dashboard
    origin: KeyPath = ()

    @property
    def is_written(self) -> bool:
        """Whether a file of its own says how it looks."""
        return not self.origin

    def problem(self, path: KeyPath, message: str) -> Problem:
        """Return a problem at a key of the dashboard."""
        return self.document.problem(path if self.is_written else self.origin, message)


def is_dashboard(file: SpecFile) -> bool:
    """Say whether a file holds dashboard specs: they have rows at their top."""
    return any(isinstance(source.data, dict) and "rows" in source.data for source in file.documents)


def parse(files: Iterable[SpecFile]) -> tuple[tuple[Source, ...], tuple[Problem, ...]]:
    """Return the dashboards of spec files, and what is wrong with those that don't fit the format."""
    found: list[Source] = []
    problems: list[Problem] = []
    for source in (source for file in files for source in file.documents):
        try:
            found.append(Source(document=source, dashboard=source.parse(Dashboard)))
        except RulesError as error:
            problems += error.problems
    return tuple(found), tuple(problems)


def of_services(compiled: Sequence[Compiled], written: Iterable[Source] = ()) -> tuple[Source, ...]:
    """Return a dashboard for each service that has SLOs, sorted by service.

    Args:
        compiled: the specs that hold the SLOs.
        written: dashboards that there are already; none is made whose uid one of them has.
    """
    taken = {source.dashboard.uid for source in written}
    services: dict[str, list[tuple[Document, Objective]]] = {}
    for part in compiled:
        for objective in part.objectives:
            services.setdefault(objective.service, []).append((part.source, objective))
    return tuple(
        Source(
            document=found[0][0],
            dashboard=slos.dashboard(service, [objective for _, objective in found]),
            origin=found[0][1].origin,
        )
        for service, found in sorted(services.items())
        if slos.uid(service) not in taken
    )

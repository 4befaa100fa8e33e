"""What dashboards are about: the series that there are, the alerts, the objectives, and where their links lead.

Made once for all dashboards of a build or a check. It reads no file.
"""

from collections.abc import Iterable, Iterator, Mapping, Sequence, Set
from dataclasses import dataclass, replace

from firebrigade.rules import recorded
from firebrigade.rules.build import Compiled
from firebrigade.rules.contract import Contract
from firebrigade.rules.grafana import slos
from firebrigade.rules.grafana.spec import Dashboard, Panel, Row
from firebrigade.rules.library import Links, Surroundings, address
from firebrigade.rules.promql import expressions
from firebrigade.rules.rulefile import Rule
from firebrigade.rules.slo.objectives import Objective


@dataclass(frozen=True, slots=True, kw_only=True)
class Scene:
    """The surroundings of dashboards.

    Attributes:
        contract: all series that queries may read, recorded ones and ``ALERTS`` as the rules make it included.
        alerts: all alerting rules by their name; several can share one.
        objectives: by their id.
        leading: by the address that alerts link to: the names of those that no objective made.
        burning: by the address that alerts link to: the ids of the objectives that made them, because the names of
            their alerts don't tell objectives apart.
    """

    contract: Contract
    alerts: Mapping[str, Sequence[Rule]]
    objectives: Mapping[str, Objective]
    leading: Mapping[str, Set[str]]
    burning: Mapping[str, Set[str]]
    links: Links

    def expanded(self, rows: Iterable[Row]) -> Iterator[Row]:
        """Yield rows, with the panels of an SLO where one is named; an SLO that is unknown is left out."""
        for row in rows:
            if not row.slo:
                yield row
            elif row.slo in self.objectives:
                yield slos.row(self.objectives[row.slo])

    def leading_to(self, uid: str) -> tuple[str, ...]:
        """Return the names of the alerts that link to a dashboard, those of objectives left out, sorted."""
        return tuple(sorted(self.leading.get(address(self.links.dashboard_url, uid), ())))

    def shown_on(self, dashboard: Dashboard) -> tuple[str, ...]:
        """Return the ids of the objectives whose alerts link to a dashboard, or that it has a row of, sorted."""
        rows = {row.slo for row in dashboard.rows if row.slo in self.objectives}
        return tuple(sorted(rows | self.burning.get(address(self.links.dashboard_url, dashboard.uid), set())))

    def runbooks(self, panel: Panel) -> Iterator[tuple[str, str]]:
        """Yield names and addresses of the runbooks of a panel's alerts, each once."""
        rules = (rule for name in panel.explained for rule in self.alerts.get(name, ()))
        urls = (rule.annotations.get("runbook_url", "") for rule in rules)
        yield from ((url.rpartition("/")[2], url) for url in dict.fromkeys(urls) if url)


def scene(compiled: Sequence[Compiled], contract: Contract, surroundings: Surroundings) -> Scene:
    """Return the surroundings that compiled specs make."""
    alerts: dict[str, list[Rule]] = {}
    leading: dict[str, set[str]] = {}
    burning: dict[str, set[str]] = {}
    for rule, owner in _alerts(compiled):
        alerts.setdefault(rule.alert, []).append(rule)
        url = rule.annotations.get("dashboard_url", "")
        if rule.labels.get("severity") != "none":  # a heartbeat always fires, and leads nowhere
            (burning if owner else leading).setdefault(url, set()).add(owner or rule.alert)
    return Scene(
        contract=_with_made(compiled, contract),
        alerts=alerts,
        objectives={objective.id: objective for part in compiled for objective in part.objectives},
        leading=leading,
        burning=burning,
        links=surroundings.links,
    )


def _alerts(compiled: Iterable[Compiled]) -> Iterator[tuple[Rule, str]]:
    """Yield all alerting rules, each with the id of the objective that made it, or nothing."""
    for part in compiled:
        ids = {objective.origin: objective.id for objective in part.objectives}
        for rule in (rule for group in part.file.groups for rule in group.rules if rule.alert):
            places = (rule.origin[:length] for length in range(len(rule.origin), -1, -1))
            yield rule, next((ids[place] for place in places if place in ids), "")


def _with_made(compiled: Sequence[Compiled], contract: Contract) -> Contract:
    """Return the contract with what the rules make: recorded series, and ``ALERTS`` with the labels of all alerts."""
    groups = [group for part in compiled for group in part.file.groups]
    known = contract.with_series(recorded.series(groups, contract))
    rules = (rule for group in groups for rule in group.rules if rule.alert)
    labels = frozenset(label for rule in rules for label in {*rule.labels, *_output(rule, known)})
    made = known.series.get("ALERTS")
    return known.with_series([replace(made, labels=made.labels | labels)] if made else [])


def _output(rule: Rule, contract: Contract) -> frozenset[str]:
    try:
        return expressions.output_labels(expressions.parse(rule.expr), contract.labels_of) or frozenset()
    except ValueError:
        return frozenset()

"""Where the bundled library lies, in a checkout and in an installed wheel alike, and the data that all of it shares."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import cache
from importlib import resources
from pathlib import Path

from pydantic import BaseModel, ConfigDict, Field

from firebrigade.rules import document, runbook_targets
from firebrigade.rules.durations import Duration, DurationField
from firebrigade.rules.runbook_targets import Choices
from firebrigade.rules.windows import Windows


class _Strict(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)


class Service(_Strict):
    """A service that must have at least one scrape target, and the target labels by which it is known."""

    service: str
    namespace: str = ""
    deployment: str = ""

    @property
    def target(self) -> str:
        """Where its pods are, as people write it: ``namespace/deployment``, or the namespace alone."""
        return "/".join(part for part in (self.namespace, self.deployment) if part)

    def matchers(self) -> str:
        """Return the labels as equality matchers, so that ``absent`` gives them back."""
        return ", ".join(f'{name}="{value}"' for name, value in self.model_dump().items() if value)


class _Services(_Strict):
    services: tuple[Service, ...]


class Links(_Strict):
    """The addresses that code adds to every alert; ``{name}`` stands for the runbook's or the dashboard's name."""

    runbook_url: str = Field(pattern=r"^https?://.*\{name\}")
    dashboard_url: str = Field(pattern=r"^https?://.*\{name\}")


class Server(_Strict):
    """The Prometheus that evaluates the rules: how often it scrapes, and after how long it forgets."""

    scrape_interval: DurationField = Duration("30s")
    retention: DurationField = Duration("32d")


@dataclass(frozen=True, slots=True, kw_only=True)
class Surroundings:
    """What a build takes from outside its specs.

    Attributes:
        runbooks, dashboards: the names of those that exist, or None where nobody knows.
        targets: the labels by which the runbooks' actions find their targets, by the runbook's name.
        period: of SLOs whose spec names none.
        windows: those besides the bundled ones; the first that has a period is meant.
        own_links: which of the annotations ``runbook_url`` and ``dashboard_url`` were chosen for this build, so that
            alerts of specs that name none get them as well.
        sloth_alerts: whether SLOs get Sloth's two alerts instead of one for each tier.
    """

    links: Links
    services: tuple[Service, ...]
    runbooks: frozenset[str] | None
    dashboards: frozenset[str] | None = None
    server: Server = field(default_factory=Server)
    targets: Mapping[str, Choices] = field(default_factory=dict)
    period: Duration = field(default_factory=lambda: Duration("30d"))
    windows: tuple[Windows, ...] = ()
    own_links: tuple[str, ...] = ()
    sloth_alerts: bool = False


def folder() -> Path:
    """Return the library's own folder.

    Prometheus and promtool read files, so the package must lie unpacked, as pip installs it.
    """
    return Path(str(resources.files("firebrigade.rules")))


def specs() -> tuple[Path, ...]:
    """Return the bundled alert files and SLO specs, sorted."""
    return tuple(sorted(folder().glob("alerts/*.yaml")) + sorted(folder().glob("slos/*.yaml")))


def dashboards() -> tuple[Path, ...]:
    """Return the bundled dashboard specs, sorted."""
    return tuple(sorted(folder().glob("dashboards/*.yaml")))


def generated() -> Path:
    """Return the folder of the files that Prometheus loads."""
    return folder() / "generated"


def generated_dashboards() -> Path:
    """Return the folder of the files that Grafana loads; each is named by its dashboard's uid."""
    return generated() / "dashboards"


def tests() -> tuple[Path, ...]:
    """Return the bundled promtool tests, sorted."""
    return tuple(sorted(folder().glob("tests/*.yaml")))


def equivalents() -> Path:
    """Return the file of changes to the bundled rules that no case can notice."""
    return folder() / "equivalents.yaml"


@cache
def surroundings() -> Surroundings:
    """Return the bundled links and services, and the names of the runbooks that lie beside the library.

    Raises:
        RulesError: one of the bundled files is wrong.
    """
    links = document.read(folder() / "links.yaml").parse(Links)
    services = document.read(folder() / "services.yaml").parse(_Services).services
    targets = runbook_targets.of(folder().parent / "runbooks")
    return Surroundings(
        links=links,
        services=services,
        runbooks=frozenset(targets) or None,
        dashboards=frozenset(path.stem for path in generated_dashboards().glob("*.json")) or None,
        targets=targets,
    )


def annotations(links: Links, runbook: str, dashboard: str) -> Mapping[str, str]:
    """Return the two links of an alert; a name that is already an address is kept."""
    return {
        "runbook_url": address(links.runbook_url, runbook),
        "dashboard_url": address(links.dashboard_url, dashboard),
    }


def address(pattern: str, name: str) -> str:
    """Return where a runbook or a dashboard is; a name that is already an address is kept."""
    return name if name.startswith(("https://", "http://")) else pattern.replace("{name}", name)

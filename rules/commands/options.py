"""What people choose for a build or a check besides the specs, and the surroundings that it makes.

The command line fills in ``Options``; the commands turn it into ``Surroundings`` by ``surroundings``.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

from pydantic import ValidationError

from firebrigade.rules import durations, library
from firebrigade.rules import windows as known
from firebrigade.rules.durations import Duration
from firebrigade.rules.library import Links, Server, Surroundings
from firebrigade.rules.problems import Problem, RulesError
from firebrigade.rules.windows import Windows


@dataclass(frozen=True, slots=True, kw_only=True)
class Options:
    """Choices as they were written; empty means the library's own.

    Attributes:
        period: of SLOs whose spec names none, such as ``28d``.
        windows: files of alert windows, in Firebrigade's format or Sloth's, each for its period.
        scrape_interval, retention: of the Prometheus that will evaluate the rules.
        compat: ``sloth`` for SLOs that alert exactly as Sloth's do.
        runbook_url, dashboard_url: addresses in which ``{name}`` stands for the runbook's or the dashboard's name.
    """

    period: str = ""
    windows: tuple[Path, ...] = ()
    scrape_interval: str = ""
    retention: str = ""
    runbook_url: str = ""
    dashboard_url: str = ""
    compat: str = ""


def surroundings(options: Options) -> Surroundings:
    """Return the bundled surroundings with what was chosen instead.

    Raises:
        RulesError: with every choice that is none.
    """
    told: list[Problem] = []
    bundled = library.surroundings()
    made = replace(
        bundled,
        period=_length("--period", options.period, bundled.period, told),
        windows=tuple(_windows(options.windows, told)),
        server=Server(
            scrape_interval=_length("--scrape-interval", options.scrape_interval, bundled.server.scrape_interval, told),
            retention=_length("--retention", options.retention, bundled.server.retention, told),
        ),
        links=_links(options, bundled.links, told),
        own_links=tuple(_chosen(options)),
        sloth_alerts=options.compat == "sloth",
    )
    if told:
        raise RulesError(told)
    return _without_knowledge(made)


def _without_knowledge(made: Surroundings) -> Surroundings:
    """Return surroundings that don't judge by the bundled runbooks and dashboards which of the user's own there are."""
    runbooks = None if "runbook_url" in made.own_links else made.runbooks
    dashboards = None if "dashboard_url" in made.own_links else made.dashboards
    return replace(made, runbooks=runbooks, dashboards=dashboards)


def _length(option: str, text: str, otherwise: Duration, told: list[Problem]) -> Duration:
    if not text:
        return otherwise
    try:
        length = durations.parse(text)
    except ValueError as error:
        told.append(_problem(option, str(error)))
        return otherwise
    if not length.seconds:
        told.append(_problem(option, f"{text!r} is no time at all; write it like 30s, 28d or 1y"))
    return length


def _windows(paths: Sequence[Path], told: list[Problem]) -> Iterator[Windows]:
    periods: dict[int, Path] = {}
    for path in paths:
        try:
            windows = known.read(path)
        except RulesError as error:
            told += error.problems
            continue
        if (first := periods.setdefault(windows.period.seconds, path)) != path:
            told.append(_problem("--windows", f"{first} and {path} are both for {windows.period}; leave one of them"))
        yield windows


def _chosen(options: Options) -> dict[str, str]:
    urls = {"runbook_url": options.runbook_url, "dashboard_url": options.dashboard_url}
    return {key: url for key, url in urls.items() if url}


def _links(options: Options, otherwise: Links, told: list[Problem]) -> Links:
    try:
        return Links.model_validate({**otherwise.model_dump(), **_chosen(options)})
    except ValidationError as error:
        for one in error.errors():
            name = str(one["loc"][0]).replace("_", "-")
            told.append(_problem(f"--{name}", "must be an address with {name}, such as https://wiki.example/{name}"))
        return otherwise


def _problem(option: str, message: str) -> Problem:
    return Problem(file="", line=0, key=option, message=message)

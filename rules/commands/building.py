"""``build`` as functions, one for each format: specs in, files out. The command line prints what they return."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path

from firebrigade.rules import build as builder
from firebrigade.rules import contract, library, prometheusrule, specfiles
from firebrigade.rules.build import Compiled
from firebrigade.rules.commands import dashboards
from firebrigade.rules.commands.options import Options, surroundings
from firebrigade.rules.grafana import sources
from firebrigade.rules.problems import Problem, RulesError
from firebrigade.rules.prometheusrule import Place
from firebrigade.rules.slo import inhibition


@dataclass(frozen=True, slots=True, kw_only=True)
class Built:
    """What was built.

    Attributes:
        text: all of it as one text, for standard output; empty where files were written.
        files: the files that were written; empty when nothing was to be written.
        count: how many there are of ``thing``.
        thing: what the files hold: ``rule``, ``inhibition rule`` or ``panel``.
    """

    text: str
    files: tuple[Path, ...]
    count: int
    thing: str = "rule"


def build(specs: Sequence[Path] = (), out: Path | None = None, options: Options | None = None) -> Built:
    """Build rule files from alert files and SLO specs.

    Args:
        specs: files and folders anywhere; none means the bundled library.
        out: the folder for the rule files; None writes nothing.
        options: period, windows, server and links.

    Raises:
        RulesError: with every mistake in the specs, or because the folder can't be written.
    """
    compiled = _compiled(specs, options)
    files = builder.write((part.file for part in compiled), out) if out else ()
    return Built(text="" if out else builder.merged(compiled), files=files, count=_rules(compiled))


def build_prometheusrules(
    specs: Sequence[Path] = (), out: Path | None = None, place: Place | None = None, options: Options | None = None
) -> Built:
    """Build the Prometheus operator's objects, one per rule file unless that is too large.

    Args:
        specs: files and folders anywhere; none means the bundled library.
        out: the folder for one file per object; None writes nothing.
        place: their namespace and labels.
        options: period, windows, server and links.

    Raises:
        RulesError: with every mistake in the specs, names that Kubernetes refuses, or because the folder can't be
            written.
    """
    compiled = _compiled(specs, options)
    manifests = prometheusrule.manifests(compiled, place or Place())
    files = builder.write(manifests, out) if out else ()
    return Built(text="" if out else prometheusrule.merged(manifests), files=files, count=_rules(compiled))


def build_inhibit_rules(specs: Sequence[Path] = (), out: Path | None = None, options: Options | None = None) -> Built:
    """Build the inhibition rules that keep a ticket quiet while the page about the same SLO fires.

    Args:
        specs: files and folders anywhere; none means the bundled library.
        out: the folder for ``inhibit-rules.yml``, which Prometheus must not load; None writes nothing.
        options: as for the rules themselves.

    Raises:
        RulesError: with every mistake in the specs, or because the folder can't be written.
    """
    chosen = surroundings(options or Options())
    compiled = _compiled(specs, options)
    objectives = [objective for part in compiled for objective in part.objectives]
    text = inhibition.text(objectives, "the SLO specs", sloth=chosen.sloth_alerts)
    file = builder.Written(name="inhibit-rules.yml", text=text)
    count = len(inhibition.rules(objectives, sloth=chosen.sloth_alerts))
    files = builder.write([file], out) if out else ()
    return Built(text=text, files=files, count=count, thing="inhibition rule")


def build_dashboards(
    specs: Sequence[Path] = (), out: Path | None = None, metrics: Sequence[Path] = (), options: Options | None = None
) -> Built:
    """Build Grafana's dashboards: those of dashboard specs, and one for each service that has SLOs.

    Args:
        specs: dashboard specs, SLO specs and alert files, or folders of them; none means the bundled library.
        out: the folder for one file per dashboard; None writes nothing.
        metrics: further metric contracts, for queries about systems of one's own.
        options: as for the rules themselves.

    Raises:
        RulesError: with every mistake in the specs, because there are several and no folder, or because the folder
            can't be written.
    """
    around = surroundings(options or Options())
    read, unreadable = specfiles.read(specs or (*library.dashboards(), *library.specs()))
    boards, rest = dashboards.split(read)
    written, unfit = sources.parse(boards)
    compiled, wrong = builder.compile_each(rest, around)
    if problems := (*unreadable, *unfit, *wrong):
        raise RulesError(problems)
    found = dashboards.Scenery(around=around, metrics=contract.load(metrics), compiled=compiled).files(written)
    if not found or (len(found) > 1 and out is None):
        raise RulesError([Problem(file="", line=0, key="--out", message=_none_or_many(len(found)))])
    files = builder.write(found, out) if out else ()
    count = sum(one.panels for one in found)
    return Built(text="" if out else found[0].text, files=files, count=count, thing="panel")


def _none_or_many(number: int) -> str:
    if not number:
        return "nothing to build: none of the files is a dashboard or has SLOs"
    return f"{number} dashboards don't fit into one stream; name a folder"


def _compiled(specs: Sequence[Path], options: Options | None) -> tuple[Compiled, ...]:
    """Compile specs; dashboards that lie beside them in a folder are passed over."""
    files, unreadable = specfiles.read(specs or library.specs())
    boards, rest = dashboards.split(files)
    message = "is a dashboard; build it with --format dashboards"
    named = (board.documents[0].problem((), message) for board in boards if board.path in specs)
    compiled, problems = builder.compile_each(rest, surroundings(options or Options()))
    if told := (*unreadable, *named, *problems):
        raise RulesError(told)
    return compiled


def _rules(compiled: Iterable[Compiled]) -> int:
    return sum(len(group.rules) for part in compiled for group in part.file.groups)

"""``firebrigade rules build``."""

from collections.abc import Mapping
from pathlib import Path
from typing import Any

import click

from firebrigade.responder.commands.rules.options import with_options
from firebrigade.responder.commands.rules.output import FILES, SPECS, count, refuse
from firebrigade.rules import commands
from firebrigade.rules.commands import Built, Options, Place
from firebrigade.rules.problems import RulesError

FORMATS = ("rules", "prometheusrule", "inhibit-rules", "dashboards")
ONLY_FOR = {"namespace": "prometheusrule", "label": "prometheusrule", "metrics": "dashboards"}


@click.command()
@click.argument("specs", nargs=-1, type=SPECS, metavar="[SPEC]...")
@click.option("--out", default="-", show_default=True, metavar="DIR", help="A folder; - is standard output.")
@click.option("--format", "kind", type=click.Choice(FORMATS), default="rules", show_default=True, help="What to build.")
@click.option("--namespace", default="", metavar="NS", help="Namespace of PrometheusRule objects.")
@click.option("--label", multiple=True, metavar="K=V", help="Label of PrometheusRule objects; repeatable.")
@click.option("--metrics", multiple=True, type=FILES, metavar="FILE", help="Metrics that dashboards show; repeatable.")
@with_options
def build(specs: tuple[Path, ...], out: str, kind: str, options: Options, **others: Any) -> None:
    """
    Build Prometheus rule files from SLO specs and alert files.

    SPEC is a file or a folder: our own specs, Sloth's (also for Kubernetes) or OpenSLO. Without it, from those that
    come with Firebrigade. With --format prometheusrule as objects for the Prometheus operator, one per rule file and
    small enough for kubectl apply; with --format inhibit-rules what keeps tickets quiet while a page about the same
    SLO fires, for Alertmanager's configuration; with --format dashboards Grafana's dashboards, those of dashboard specs
    and one for each service that has SLOs.
    """
    _refuse_misfits(kind, others)
    folder = None if out == "-" else Path(out)
    try:
        _print(_built(kind, specs, folder, options, **others))
    except RulesError as error:
        raise refuse(error.problems) from None


def _built(kind: str, specs: tuple[Path, ...], folder: Path | None, options: Options, **others: Any) -> Built:
    if kind == "prometheusrule":
        place = Place(namespace=others["namespace"], labels=dict(map(_label, others["label"])))
        return commands.build_prometheusrules(specs, folder, place, options)
    if kind == "inhibit-rules":
        return commands.build_inhibit_rules(specs, folder, options)
    if kind == "dashboards":
        return commands.build_dashboards(specs, folder, others["metrics"], options)
    return commands.build(specs, folder, options)


def _refuse_misfits(kind: str, others: Mapping[str, object]) -> None:
    for name, value in others.items():
        if value and ONLY_FOR[name] != kind:
            raise click.UsageError(f"--{name} is for --format {ONLY_FOR[name]}")


def _label(text: str) -> tuple[str, str]:
    key, equals, value = text.partition("=")
    if not equals:
        raise click.BadParameter(f"{text!r} is no label; write it as key=value", param_hint="--label")
    return key, value


def _print(built: Built) -> None:
    if not built.files:
        click.echo(built.text, nl=not built.text.endswith("\n"))
        return
    for path in built.files:
        click.echo(str(path))
    click.echo(f"{count(built.count, built.thing)} in {count(len(built.files), 'file')}.", err=True)

"""``firebrigade runbook``: read the runbooks, and see what one would do to an alert without doing it."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import click
import yaml

from firebrigade.responder.clock import Clock, SystemClock
from firebrigade.responder.commands.group import UserError
from firebrigade.responder.commands.output import plain, print_fields, print_json, print_table
from firebrigade.responder.commands.runbook_coverage import check_runbooks
from firebrigade.responder.commands.surroundings import config_option, json_option, parse_labels, read
from firebrigade.responder.config import Config
from firebrigade.responder.config_problems import did_you_mean
from firebrigade.responder.durations import format_duration
from firebrigade.runbooks.conditions import unmet
from firebrigade.runbooks.contract import ActionError, Plan, Refusal, Risk, Runbook, RunbookStep
from firebrigade.runbooks.readings import UNKNOWN, Asked, Pause, Reading, StepExecutor
from firebrigade.runbooks.registry import action_classes
from firebrigade.runbooks.roles import manifests, needed
from firebrigade.runbooks.shell_commands import fill
from firebrigade.runbooks.targets import is_namespace
from firebrigade.runbooks.trouble import Trouble

_STEP_ID = "dry-run"


@click.group()
def runbook() -> None:
    """
    Read the runbooks, and see what one would do.

    \b
    Examples:
      firebrigade runbook list
      firebrigade runbook show service-down
      firebrigade runbook plan service-down namespace=neurectomy deployment=ryot pod=ryot-5d8f-x2x9k
    """


@runbook.command("list")
@config_option
@json_option
def list_runbooks(config_path: Path | None, as_json: bool) -> None:
    """List the runbooks with the alerts that they answer."""
    found = list(read(config_path)[1].runbooks)
    if as_json:
        print_json(
            [{"name": one.name, "title": one.title, "alerts": one.alerts, "steps": _names(one)} for one in found]
        )
        return
    rows = ((one.name, one.alerts, _names(one), one.title) for one in found)
    print_table(("runbook", "alerts", "steps", "title"), rows, empty="There are no runbooks.")


@runbook.command()
@click.argument("name")
@click.argument("labels", nargs=-1, metavar="[LABEL=VALUE...]")
@config_option
def show(name: str, labels: tuple[str, ...], config_path: Path | None) -> None:
    """
    Print a runbook: the text for people, then the steps that the machine takes.

    With an alert's labels, its commands can be copied as they are.
    """
    alert = parse_labels(labels) if labels else {}
    found = _find(read(config_path)[1], name)
    click.echo(fill(found.body, alert))
    if not found.steps:
        click.echo("No steps: this runbook is for people, nothing is done automatically.")
    for position, step in enumerate(found.steps, start=1):
        click.echo(f"Step {position}: {step.name}")
        print_fields(
            [
                ("  action", step.action),
                ("  when", _conditions(step.when)),
                ("  target", _describe_target(step.target)),
                ("  params", _pairs(step.params)),
                ("  verify", _verification(step)),
                ("  undo", "if it did not help" if step.undo else ""),
            ]
        )


@runbook.command()
@click.argument("name")
@click.argument("labels", nargs=-1, required=True, metavar="LABEL=VALUE...")
@config_option
@json_option
def plan(name: str, labels: tuple[str, ...], config_path: Path | None, as_json: bool) -> None:
    """
    Say what each step of a runbook would change for an alert with these labels; reads only.

    What was done before, open incidents, switches, maintenance and trust are not known here, so a step may still be
    refused by them (cooldown, flapping, a storm). Later steps are planned for the cluster as it
    is now, although they run only when the earlier ones did not help.
    """
    from firebrigade.responder.execution import build_executor  # the Kubernetes client, which other commands don't need

    alert = parse_labels(labels)
    _, found = read(config_path)
    steps = _find(found, name).steps
    try:
        planned = list(_planned(build_executor(found), steps, alert, SystemClock()))
    except ActionError as error:
        raise UserError(str(error)) from None
    if as_json:
        print_json([_to_json(one) for one in planned])
        return
    for position, one in enumerate(planned, start=1):
        click.echo(f"Step {position}: {plain(one.step.name)}")
        print_fields([("  would", one.would), ("  target", one.target), ("  but", one.but)])


@runbook.command()
@click.option("--namespace", "namespaces", metavar="NS", multiple=True, help="Instead of automation.namespaces.")
@config_option
def rbac(namespaces: tuple[str, ...], config_path: Path | None) -> None:
    """
    Print the roles that the service account needs, as YAML.

    They hold what the actions of the runbooks need that automation allows, and nothing else: a Role for each namespace
    in which something may be changed, and a ClusterRole for nodes.

    \b
    Example:
      firebrigade runbook rbac | kubectl apply -f -
      kubectl -n shop create rolebinding firebrigade --role=firebrigade --serviceaccount=ops:firebrigade
    """
    found = read(config_path)[1]
    places = namespaces or found.automation.namespaces
    wrong = [place for place in places if not is_namespace(place)]
    if wrong:
        raise UserError(f"--namespace {plain(wrong[0])!r} is not a valid namespace: lower case letters, digits and -")
    if not places:
        raise UserError("automation.namespaces is empty, so there is no namespace for a role; name one by --namespace")
    permissions = needed(found.runbooks, action_classes(), found.automation.switched_on())
    click.echo(yaml.safe_dump_all(manifests(permissions, places), sort_keys=False), nl=False)


@runbook.command()
@click.argument("rules", nargs=-1, required=True, type=click.Path(path_type=Path), metavar="RULES...")
@config_option
def check(rules: tuple[Path, ...], config_path: Path | None) -> None:
    """
    Compare the runbooks with the rules that they are for.

    RULES are Prometheus' rule files, PrometheusRule objects, or folders of them. Every alert without a runbook and
    every runbook's alert without a rule is named with file and line, together with everything else that is wrong with
    the runbooks. Heartbeats need none.
    """
    problems = check_runbooks(rules, config_path)
    if problems:
        raise UserError("\n".join(problems))
    click.echo("Every alert has a runbook, and every runbook an alert.")


@dataclass(frozen=True, slots=True, kw_only=True)
class _Planned:
    """A step's plan or what it has read, and why it would not be applied; at least one of them is there."""

    step: RunbookStep
    plan: Plan | None = None
    reading: Reading | Pause | None = None
    refusal: Refusal | None = None
    error: str = ""

    @property
    def would(self) -> str:
        found = self.plan or self.reading
        return found.summary if found else ""

    @property
    def target(self) -> str:
        return str(self.plan.target) if self.plan else ""

    @property
    def but(self) -> str:
        return f"{self.refusal.summary} ({self.refusal.reason.value})" if self.refusal else self.error


def _planned(
    executor: StepExecutor, steps: tuple[RunbookStep, ...], labels: Mapping[str, str], clock: Clock
) -> Iterator[_Planned]:
    results: dict[str, str] = {}
    for step in steps:
        if unmet_condition := unmet(step.when, labels, results):
            yield _Planned(step=step, error=f"It is skipped: {unmet_condition}.")
            continue
        try:
            found = _found(executor, step, labels, clock)
        except ActionError as error:
            # As in a run: what can't be read is a result that later steps can ask for.
            results |= {step.name: UNKNOWN} if executor.reads(step.action) else {}
            # A denied action is granted nothing, so that planning it fails: the denial is the reason to show.
            yield _Planned(step=step, refusal=executor.permit(step, labels), error=str(error))
            continue
        if isinstance(found, Refusal):
            yield _Planned(step=step, refusal=found)
        elif isinstance(found, Reading | Pause):
            if isinstance(found, Reading):
                results[step.name] = found.result
            yield _Planned(step=step, reading=found)
        else:
            yield _Planned(step=step, plan=found, refusal=executor.allow(found, (), clock.now()))


def _found(
    executor: StepExecutor, step: RunbookStep, labels: Mapping[str, str], clock: Clock
) -> Plan | Refusal | Reading | Pause:
    """Return a plan; a step that only reads has nothing to plan and is read."""
    if executor.reads(step.action):
        return executor.read(step, _STEP_ID, Asked(labels=labels, now=clock.now()))
    return executor.plan(step, Trouble(labels=labels), _STEP_ID, clock.now())


def _to_json(planned: _Planned) -> dict[str, Any]:
    found, refusal = planned.plan, planned.refusal
    return {
        "step": planned.step.name,
        "action": planned.step.action,
        "target": str(found.target) if found else None,
        "summary": planned.would or None,
        "desired": found.desired if found else None,
        "read": dict(planned.reading.evidence) if isinstance(planned.reading, Reading) else None,
        "refusal": {"reason": refusal.reason.value, "summary": refusal.summary} if refusal else None,
        "error": planned.error or None,
    }


def _find(found: Config, name: str) -> Runbook:
    runbook = found.runbooks.get(name)
    if runbook is None:
        raise UserError(f"there is no runbook {name!r}{did_you_mean(name, [one.name for one in found.runbooks])}")
    return runbook


def _names(runbook: Runbook) -> list[str]:
    return [step.name for step in runbook.steps]


def _conditions(when: Mapping[str, Any]) -> str:
    """Return the conditions of a step in words."""
    of_steps = (f"{one['name']} came to {' or '.join(one['result'])}" for one in when.get("step") or ())
    return " and ".join([*(when.get("labels") or ()), *of_steps])


def _verification(step: RunbookStep) -> str:
    if action_classes()[step.action].RISK is Risk.READ:
        return ""
    worse = f"; taken back if {step.worse.query} rises by {step.worse.rises_by:g}" if step.worse else ""
    return f"within {format_duration(step.verify_within)} {step.verify_query}{worse}"


def _describe_target(target: Mapping[str, Any]) -> str:
    """Return where the target's parts come from: a literal, or the first of some labels that the alert has."""
    parts = {name: _labels(part["label"]) if isinstance(part, dict) else part for name, part in target.items()}
    return _pairs(parts)


def _labels(names: str | list[str]) -> str:
    return f"label {names if isinstance(names, str) else ' or '.join(names)}"


def _pairs(values: Mapping[str, Any]) -> str:
    return ", ".join(f"{name}={value}" for name, value in values.items())

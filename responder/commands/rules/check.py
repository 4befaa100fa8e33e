"""``firebrigade rules check``."""

from dataclasses import dataclass
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import click
from pydantic import SecretStr

from firebrigade.responder.commands.group import USER_MISTAKE, UserError
from firebrigade.responder.commands.output import progress
from firebrigade.responder.commands.rules.checked import print_checks, print_github, print_json, print_text
from firebrigade.responder.commands.rules.options import with_options
from firebrigade.responder.commands.rules.output import FILES, SPECS, count
from firebrigade.rules import commands
from firebrigade.rules.commands import Budget, Options, Question, Server
from firebrigade.rules.live.look import Progress


def _address(_context: click.Context, _parameter: click.Parameter, value: str | None) -> str | None:
    """Refuse what is no address of a server."""
    if value is None:
        return None
    parts = urlsplit(value)
    if parts.scheme not in {"http", "https"} or not parts.hostname or parts.query or parts.fragment:
        raise click.BadParameter("write it like http://127.0.0.1:9090")
    return value


@click.command()
@click.argument("files", nargs=-1, type=SPECS, metavar="[FILE]...")
@click.option("--metrics", multiple=True, type=FILES, metavar="FILE", help="A metric contract of your own; repeatable.")
@click.option(
    "--fail-on",
    type=click.Choice(["error", "warning"]),
    default="error",
    show_default=True,
    help="From which severity on the exit code is 2.",
)
@click.option(
    "--format",
    "form",
    type=click.Choice(["text", "json", "github"]),
    default="text",
    show_default=True,
    help="For people, for programs, or as annotations of a GitHub workflow.",
)
@click.option(
    "--series",
    type=click.IntRange(min=1),
    default=Budget().series,
    show_default=True,
    help="How many series a metric has whose contract does not say.",
)
@click.option(
    "--max-samples",
    type=click.IntRange(min=1),
    default=Budget().max_samples,
    show_default=True,
    help="How many samples an evaluation of one rule may read.",
)
@click.option("--cost", is_flag=True, help="Print what each rule and each group reads, the dearest first.")
@click.option(
    "--prometheus",
    callback=_address,
    metavar="URL",
    help="Ask a running Prometheus: are the series there, and how often would each alert have fired in 7 days.",
)
@click.option("--prometheus-token-file", type=FILES, metavar="FILE", help="Holds the bearer token for it.")
@click.option("--list", "listed", is_flag=True, help="List the checks instead of making them.")
@with_options
def check(**given: Any) -> None:
    """
    Check specs, rule files and promtool tests, or folders of them; without FILE all that come with Firebrigade.

    \b
    A comment on a rule, or above it, says why a check does not apply to it:
      # firebrigade: ignore promql/ratio-guard because one failed backup is one too many
    """
    asked = _Asked(**given)
    if asked.listed:
        print_checks()
        return
    budget = Budget(series=asked.series, max_samples=asked.max_samples)
    with progress("alerts") as told:
        question = asked.question(told)
        checked = commands.check(asked.files, asked.metrics, options=asked.options, budget=budget, question=question)
    _FORMS[asked.form](checked, costs=asked.cost)
    if asked.form == "text" and not checked.problems:
        number = len(asked.files)
        what = f"{count(number, 'file')} checked: no" if number else "The rule library has no"
        click.echo(f"{what} problems.")
    if checked.fails("warning" if asked.fail_on == "warning" else "error"):
        click.get_current_context().exit(USER_MISTAKE)


@dataclass(frozen=True, slots=True, kw_only=True)
class _Asked:
    """What was asked for; each is explained above."""

    files: tuple[Path, ...]
    metrics: tuple[Path, ...]
    fail_on: str
    form: str
    series: int
    max_samples: int
    cost: bool
    prometheus: str | None
    prometheus_token_file: Path | None
    listed: bool
    options: Options

    def question(self, told: Progress) -> Question | None:
        """Return whom to ask about the rules, if anybody."""
        if self.prometheus is None:
            return None
        token = _token(self.prometheus_token_file) if self.prometheus_token_file else None
        return Question(server=Server(url=self.prometheus, token=token), progress=told)


def _token(path: Path) -> SecretStr:
    try:
        token = path.read_text(encoding="utf-8").strip()
    except (OSError, UnicodeDecodeError):
        raise UserError(f"{path} can't be read; check its rights") from None
    if not token or not token.isascii() or not token.isprintable():
        raise UserError(f"{path} holds no token; it is one line of ASCII")
    return SecretStr(token)


_FORMS = {"text": print_text, "json": print_json, "github": print_github}

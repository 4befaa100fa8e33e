"""What commands start from: the environment, firebrigade.yaml, and labels from the command line."""

from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any, TypeVar

import click

from firebrigade.responder.config import Config, load_config
from firebrigade.responder.settings import Settings, load_settings

DEFAULT_CONFIG = Path("firebrigade.yaml")
Command = TypeVar("Command", bound=Callable[..., Any])


class Number(click.IntRange):
    """A whole number, wrong ones told in our words; positions are those of ``click.IntRange``."""

    name = "number"

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> Any:
        """Return the number, or end with what it must be."""
        try:
            return super().convert(value, param, ctx)
        except click.BadParameter:
            limits = f"from {self.min} on" if self.max is None else f"from {self.min} to {self.max}"
            self.fail(f"{str(value)[:40]!r} is not a whole number {limits}", param, ctx)


def config_option(command: Command) -> Command:
    """Add ``--config``."""
    return click.option(
        "--config",
        "config_path",
        metavar="FILE",
        type=click.Path(path_type=Path),
        help="Read this file. [default: FIREBRIGADE_CONFIG, then ./firebrigade.yaml, then none]",
    )(command)


def json_option(command: Command) -> Command:
    """Add ``--json``."""
    return click.option("--json", "as_json", is_flag=True, help="Print JSON for programs.")(command)


def read(config_path: Path | None) -> tuple[Settings, Config]:
    """Return the environment's settings and the configuration.

    Args:
        config_path: what ``--config`` says, or None.

    Raises:
        ConfigError: either is wrong.
    """
    settings = load_settings()
    return settings, read_config(config_path, settings)


def read_config(config_path: Path | None, settings: Settings) -> Config:
    """Return the configuration that ``--config``, the environment or the folder names; raises as `read` does."""
    path = config_path or settings.config
    if path is None and DEFAULT_CONFIG.is_file():
        path = DEFAULT_CONFIG
    return load_config(path, settings)


def parse_labels(pairs: Sequence[str]) -> dict[str, str]:
    """Return labels from ``NAME=VALUE`` arguments.

    Raises:
        click.UsageError: one is not of that form, or a label is given twice.
    """
    labels: dict[str, str] = {}
    for pair in pairs:
        name, separator, value = pair.partition("=")
        if not separator or not name or name[-1] in "!~" or value.startswith("~"):
            raise click.UsageError(f"{pair!r} is not a label; write NAME=VALUE, as in severity=critical")
        if name in labels:
            raise click.UsageError(f"the label {name} is given twice; keep one")
        labels[name] = value
    return labels

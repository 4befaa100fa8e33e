"""The outermost command: what every mistake and every interruption ends in. ``cli.py`` makes it.

A mistake is one sentence per problem on standard error and exit code 2, Ctrl-C is 130, a closed pipe is quiet. An
error of ours still shows its traceback: it is not the user's mistake.
"""

import importlib
import os
import sys
from collections.abc import Mapping
from typing import Any

import click

from firebrigade.responder.commands.output import plain
from firebrigade.responder.config_problems import did_you_mean
from firebrigade.responder.errors import FirebrigadeError

USER_MISTAKE = 2
INTERRUPTED = 130
_PIPE_CLOSED = 141  # what a shell says of a process that SIGPIPE ended


class UserError(click.ClickException):
    """Something that the user can put right; the message says how."""

    exit_code = USER_MISTAKE


class Firebrigade(click.Group):
    """The group that all commands are in, each imported when it is called, so that none waits for the others.

    Args:
        parts: each command's name with the module and the attribute where it is.
    """

    def __init__(self, *args: Any, parts: Mapping[str, tuple[str, str]], **options: Any) -> None:
        super().__init__(*args, **options)
        self._parts = parts

    def list_commands(self, ctx: click.Context) -> list[str]:  # noqa: ARG002 - click's signature
        """Return the names in the order in which they are explained."""
        return list(self._parts)

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:
        """Import a command, or end with the name that was probably meant."""
        if cmd_name not in self._parts:
            ctx.fail(f"There is no command {cmd_name!r}{did_you_mean(cmd_name, self._parts)}")
        module, attribute = self._parts[cmd_name]
        command: click.Command = getattr(importlib.import_module(module), attribute)
        return command

    def invoke(self, ctx: click.Context) -> Any:
        """Run the command; a reader that has gone away ends it quietly."""
        try:
            return super().invoke(ctx)
        except BrokenPipeError:
            _forget_output()
            return ctx.exit(_PIPE_CLOSED)

    def main(self, *args: Any, **options: Any) -> Any:
        """Run a command line and end the process with its exit code."""
        options |= {"standalone_mode": False, "prog_name": "firebrigade"}
        try:
            code = super().main(*args, **options)
            sys.stdout.flush()
        except click.Abort:
            code = INTERRUPTED
        except click.exceptions.NoArgsIsHelpError as error:
            error.show()
            code = USER_MISTAKE
        except click.ClickException as error:
            code = _explain(_sentence(error))
        except FirebrigadeError as error:
            code = _explain(str(error))
        except BrokenPipeError:
            _forget_output()
            code = _PIPE_CLOSED
        sys.exit(code if isinstance(code, int) else 0)


def _explain(message: str) -> int:
    for line in message.splitlines():
        click.echo(f"firebrigade: {plain(line)}", err=True)
    return USER_MISTAKE


def _sentence(error: click.ClickException) -> str:
    message = error.format_message().rstrip(".")
    if isinstance(error, click.UsageError) and error.ctx is not None:
        return f"{message} (see {error.ctx.command_path} --help)"
    return message


def _forget_output() -> None:
    """Point standard output at nothing: Python flushes it once more at exit, and would complain."""
    os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())

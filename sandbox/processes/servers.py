"""The servers that demo and tests run: Prometheus, Alertmanager, ``firebrigade serve``, and any Python module.

Each is a ``Server``, so a context manager with ``url``, ``kill()`` and ``restart()``.
"""

import shutil
import sys
from collections.abc import Callable, Mapping, Sequence
from datetime import timedelta
from pathlib import Path
from typing import Any

import requests
import yaml

from sandbox.processes.server import Server, StartError

# Fixed, or made of the server's own address at each start.
Config = Mapping[str, Any] | Callable[[str], Mapping[str, Any]]

_PROJECT = Path(__file__).resolve().parents[2]


class _Configured(Server):
    """A Go server of the Prometheus family: one YAML file, reloaded by POST /-/reload."""

    ready_path = "/-/ready"
    binaries: tuple[str, ...]

    def __init__(
        self,
        config: Config,
        *,
        port: int | None = None,
        folder: Path | None = None,
        ready_within: timedelta = timedelta(seconds=60),
    ) -> None:
        super().__init__(type(self).__name__.lower(), port=port, folder=folder, ready_within=ready_within)
        self.config = config

    def reload(self, config: Config) -> None:
        """Give the running server another configuration.

        Raises:
            StartError: it refuses it; the old one stays in force.
        """
        self.config = config
        self._write_config()
        answer = requests.post(f"{self.url}/-/reload", timeout=30)
        if not answer.ok:
            raise StartError(f"{self.name} refuses its configuration: {answer.text.strip()}")

    def _write_config(self) -> Path:
        path = self.folder / f"{self.name}.yml"
        config = self.config(self.url) if callable(self.config) else self.config
        path.write_text(yaml.safe_dump(dict(config), sort_keys=False))
        return path

    def _binary(self) -> str:
        found = next((path for path in map(shutil.which, self.binaries) if path), None)
        if found is None:
            raise StartError(f"{self.name} is not installed: no {' or '.join(self.binaries)} on PATH; run make setup")
        return found


class Prometheus(_Configured):
    """A real Prometheus with its data in its folder."""

    binaries = ("prometheus",)

    def command(self) -> Sequence[str]:
        """Return the command line."""
        return [
            self._binary(),
            f"--config.file={self._write_config()}",
            f"--storage.tsdb.path={self.folder / 'data'}",
            f"--web.listen-address=127.0.0.1:{self.port}",
            f"--web.external-url={self.url}",
            "--web.enable-lifecycle",
        ]


class Alertmanager(_Configured):
    """A real Alertmanager, alone: without an address for the cluster it looks for no peers."""

    binaries = ("prometheus-alertmanager", "alertmanager")

    def command(self) -> Sequence[str]:
        """Return the command line."""
        return [
            self._binary(),
            f"--config.file={self._write_config()}",
            f"--storage.path={self.folder / 'data'}",
            f"--web.listen-address=127.0.0.1:{self.port}",
            f"--web.external-url={self.url}",
            "--cluster.listen-address=",
        ]


class PythonServer(Server):
    """``python -m module --port N args``, from the project's folder.

    Args:
        module: such as ``sandbox.fleet``.
        arguments: what follows ``--port N``.
        ready_path: a path that answers 2xx when it is ready; without one, listening is enough.
    """

    def __init__(
        self,
        module: str,
        arguments: Sequence[str] = (),
        *,
        port: int | None = None,
        environment: Mapping[str, str] | None = None,
        ready_path: str | None = None,
    ) -> None:
        super().__init__(module, port=port, environment=environment)
        self.ready_path = ready_path
        self._arguments = list(arguments)

    def command(self) -> Sequence[str]:
        """Return the command line."""
        return [sys.executable, "-m", self.name, "--port", str(self.port), *self._arguments]

    def environment(self) -> Mapping[str, str]:
        """Return its variables; the project's folder is where it finds ``sandbox``."""
        return {"PYTHONPATH": str(_PROJECT), "PYTHONUNBUFFERED": "1", **self._environment}


class Serve(Server):
    """``firebrigade serve``: the responder as it is installed beside this interpreter.

    Args:
        environment: its settings, such as FIREBRIGADE_CONFIG; the address to listen on is set here.
        arguments: more words behind ``serve``.
    """

    ready_path = "/-/ready"

    def __init__(
        self,
        environment: Mapping[str, str],
        arguments: Sequence[str] = (),
        *,
        port: int | None = None,
        folder: Path | None = None,
        ready_within: timedelta = timedelta(seconds=60),
    ) -> None:
        super().__init__("serve", port=port, folder=folder, environment=environment, ready_within=ready_within)
        self._arguments = list(arguments)

    def command(self) -> Sequence[str]:
        """Return the command line."""
        command = Path(sys.executable).parent / "firebrigade"
        if not command.exists():
            raise StartError(f"{command} is missing: run make setup")
        return [str(command), "serve", *self._arguments]

    def environment(self) -> Mapping[str, str]:
        """Return its settings, with the address that it is to listen on."""
        return {"FIREBRIGADE_BIND": f"127.0.0.1:{self.port}", **self._environment}

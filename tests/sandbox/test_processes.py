"""Child processes: ready when they say so, gone when they should be, and a clear word when they fail."""

import os
import signal
import socket
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator
from datetime import timedelta
from pathlib import Path

import pytest
import requests

from sandbox.processes import Prometheus, PythonServer, Serve, Server, StartError, free_port
from sandbox.processes.ports import listens

PATIENCE_SECONDS = 30

# A server that answers /-/ready and writes its process ids, so that tests can see them end.
SERVER = """
import http.server, os, sys, time
if sys.argv[2] == "fails":
    sys.exit("the disk is full")
if sys.argv[2] == "hangs":
    time.sleep(600)
class Handler(http.server.BaseHTTPRequestHandler):
    def do_GET(self):
        self.send_response(200 if self.path == "/-/ready" else 404)
        self.end_headers()
    def log_message(self, *arguments):
        pass
server = http.server.HTTPServer(("127.0.0.1", int(sys.argv[1])), Handler)
if os.fork() == 0:
    time.sleep(600)
print("serving", flush=True)
server.serve_forever()
"""


class Example(Server):
    """A server with a process of its own below it."""

    ready_path = "/-/ready"

    def __init__(self, mode: str = "works", *, port: int | None = None, ready_within_seconds: float = 30) -> None:
        super().__init__("example", port=port, ready_within=timedelta(seconds=ready_within_seconds))
        self.mode = mode

    def command(self) -> list[str]:
        return [sys.executable, "-c", SERVER, str(self.port), self.mode]


def eventually(condition: Callable[[], bool]) -> bool:
    deadline = time.monotonic() + PATIENCE_SECONDS
    while time.monotonic() < deadline:
        if condition():
            return True
        threading.Event().wait(0.02)
    return False


def members(process_group: int) -> list[int]:
    """Return the processes of a group that have not ended."""
    found = []
    for entry in Path("/proc").iterdir():
        if entry.name.isdigit():
            try:
                fields = (entry / "stat").read_text().rpartition(")")[2].split()
            except OSError:
                continue
            if int(fields[2]) == process_group and fields[0] != "Z":
                found.append(int(entry.name))
    return found


@pytest.fixture
def taken_port() -> Iterator[int]:
    with socket.create_server(("127.0.0.1", 0)) as somebody:
        yield somebody.getsockname()[1]


def test_a_server_answers_while_it_is_used_and_is_gone_afterwards() -> None:
    with Example() as server:
        pid, folder = server.pid, server.folder
        assert requests.get(f"{server.url}/-/ready", timeout=5).ok
        assert len(members(pid)) == 2
    assert eventually(lambda: members(pid) == [])
    assert not folder.exists()


def test_a_server_is_gone_after_an_exception_too() -> None:
    pids = []

    def interrupted() -> None:
        with Example() as server:
            pids.append(server.pid)
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        interrupted()
    assert eventually(lambda: members(pids[0]) == [])


def test_killing_ends_the_whole_process_group_and_a_restart_keeps_address_and_files() -> None:
    with Example() as server:
        pid, url = server.pid, server.url
        (server.folder / "kept").write_text("by the restart")
        server.kill()
        assert not server.alive
        assert eventually(lambda: members(pid) == [])
        server.restart()
        assert (server.url, server.alive) == (url, True)
        assert server.pid != pid
        assert (server.folder / "kept").exists()
        assert requests.get(f"{server.url}/-/ready", timeout=5).ok
        assert server.log.count("serving") == 2


def test_a_restart_kills_what_still_runs() -> None:
    with Example() as server:
        pid = server.pid
        server.restart()
        assert eventually(lambda: members(pid) == [])


def test_a_server_that_ends_at_once_says_why() -> None:
    with pytest.raises(StartError, match="example ended with code 1 before it was ready\nthe disk is full"):
        Example("fails").__enter__()


def test_a_server_that_never_becomes_ready_is_ended() -> None:
    server = Example("hangs", ready_within_seconds=0.3)
    with pytest.raises(StartError, match=r"not ready after 0\.3 s"):
        server.__enter__()
    assert not server.alive


def test_a_port_that_was_taken_meanwhile_is_exchanged(taken_port: int) -> None:
    server = Example()
    server.port = taken_port
    with server:
        assert server.port != taken_port
        assert requests.get(f"{server.url}/-/ready", timeout=5).ok


def test_a_port_that_was_asked_for_is_not_exchanged(taken_port: int) -> None:
    with pytest.raises(StartError, match=f"found port {taken_port} in use"):
        Example(port=taken_port).__enter__()


def test_somebody_elses_server_on_the_port_is_not_taken_for_ours() -> None:
    with Example() as first:
        assert listens(first.pid, first.port)
        assert not listens(os.getpgid(0), first.port)
        assert not listens(first.pid, free_port())


def test_children_die_with_a_parent_that_is_killed(tmp_path: Path) -> None:
    script = (
        "import threading\n"
        "from sandbox.processes import PythonServer\n"
        "server = PythonServer('sandbox.fleet', port=None)\n"
        # Started by a thread that ends: the child must live all the same.
        "starter = threading.Thread(target=server.start); starter.start(); starter.join()\n"
        "print(server.pid, flush=True)\n"
        "threading.Event().wait()\n"
    )
    project = Path(__file__).resolve().parents[2]
    environment = {**os.environ, "TMPDIR": str(tmp_path), "PYTHONPATH": str(project)}
    parent = subprocess.Popen([sys.executable, "-c", script], stdout=subprocess.PIPE, text=True, env=environment)
    assert parent.stdout is not None
    with parent, parent.stdout:
        child = int(parent.stdout.readline())
        assert members(child) == [child]
        parent.send_signal(signal.SIGKILL)
    assert eventually(lambda: members(child) == [])


def test_sigterm_ends_parent_and_children_and_removes_their_files(tmp_path: Path) -> None:
    script = (
        "import threading\n"
        "from sandbox.processes import PythonServer, exit_on_sigterm\n"
        "exit_on_sigterm()\n"
        "with PythonServer('sandbox.fleet') as server:\n"
        "    print(server.pid, flush=True)\n"
        "    threading.Event().wait()\n"
    )
    project = Path(__file__).resolve().parents[2]
    environment = {**os.environ, "TMPDIR": str(tmp_path), "PYTHONPATH": str(project)}
    parent = subprocess.Popen([sys.executable, "-c", script], stdout=subprocess.PIPE, text=True, env=environment)
    assert parent.stdout is not None
    with parent, parent.stdout:
        child = int(parent.stdout.readline())
        parent.terminate()
        assert parent.wait(PATIENCE_SECONDS) == 128 + signal.SIGTERM
    assert eventually(lambda: members(child) == [])
    assert list(tmp_path.iterdir()) == []


def test_a_module_of_the_sandbox_is_served_on_the_port_that_was_chosen() -> None:
    with PythonServer("sandbox.fleet", ["--seed", "3"], ready_path="/-/ready") as server:
        assert requests.get(f"{server.url}/sd", timeout=5).json()


def test_a_module_that_does_not_exist_is_named() -> None:
    with pytest.raises(StartError, match=r"No module named sandbox\.nothing"):
        PythonServer("sandbox.nothing").__enter__()


def test_a_configuration_that_prometheus_refuses_is_reported_with_its_words() -> None:
    with pytest.raises(StartError, match="field nonsense not found"):
        Prometheus({"nonsense": True}).__enter__()


def test_serve_is_given_its_address_and_none_of_our_own_settings() -> None:
    serve = Serve({"FIREBRIGADE_CONFIG": "firebrigade.yaml"})
    assert serve.environment() == {
        "FIREBRIGADE_BIND": f"127.0.0.1:{serve.port}",
        "FIREBRIGADE_CONFIG": "firebrigade.yaml",
    }
    assert serve.command()[1:] == ["serve"]
    assert Path(serve.command()[0]).name == "firebrigade"

"""The sandbox's PagerDuty, Slack and mail server as programs of their own."""

import re
import socket
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest
import requests

ROOT = Path(__file__).parents[2]


def command(module: str, *arguments: str) -> list[str]:
    return [sys.executable, "-m", f"sandbox.{module}", *arguments]


@contextmanager
def running(module: str, *arguments: str) -> Iterator[str]:
    """Give the sentence in which the program says where it listens."""
    with subprocess.Popen(command(module, *arguments), cwd=ROOT, stdout=subprocess.PIPE, text=True) as process:
        try:
            assert process.stdout is not None
            yield process.stdout.readline()
        finally:
            process.terminate()
    assert process.returncode == 0


@pytest.mark.parametrize(("module", "kept"), [("pagerduty", "incidents"), ("slack", "messages"), ("mail", "messages")])
def test_it_says_where_it_listens_and_shows_what_it_keeps(module: str, kept: str) -> None:
    with running(module) as said:
        (address,) = re.findall(r"http://127\.0\.0\.1:\d+", said)
        assert requests.get(f"{address}/sandbox/{kept}", timeout=10).json() == []


def test_the_mail_server_writes_the_certificate_to_trust(tmp_path: Path) -> None:
    with running("mail", "--ca-file", str(tmp_path / "ca.pem")):
        assert (tmp_path / "ca.pem").read_text().startswith("-----BEGIN CERTIFICATE-----")


@pytest.mark.parametrize("module", ["pagerduty", "slack", "mail"])
def test_a_port_that_is_taken_is_said_in_one_sentence(module: str) -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
        ended = subprocess.run(
            command(module, "--port", str(port)), cwd=ROOT, capture_output=True, text=True, timeout=60
        )
    assert ended.returncode == 1
    assert re.fullmatch(rf"\w+ can't listen at port {port} of 127\.0\.0\.1: .*; choose another\n", ended.stderr)

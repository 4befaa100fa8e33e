"""rules check --prometheus: whom it asks, with which token, and what it says when nobody understands."""

import json
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from click.testing import Result

from sandbox.http_server import Answer, HttpServer, Request

Run = Callable[..., Result]
TOKEN = "planted-t0ken-4711"


class Impostor(HttpServer):
    """Answers every request as it was told."""

    def __init__(self) -> None:
        super().__init__()
        self.says = Answer()
        self.asked: list[Request] = []

    def answer(self, request: Request) -> Answer:
        self.asked.append(request)
        return self.says


@pytest.fixture
def impostor() -> Iterator[Impostor]:
    with Impostor() as server:
        yield server


RULES = """\
groups: [{name: g, rules: [{record: "a:b", expr: up}]}]
"""


@pytest.fixture
def rules(tmp_path: Path) -> str:
    path = tmp_path / "rules.yaml"
    path.write_text(RULES)
    return str(path)


def test_the_command_ends_with_the_sentence_and_the_rest_is_checked(
    impostor: Impostor, rules: str, firebrigade: Run, tmp_path: Path
) -> None:
    impostor.says = Answer(status=503, body="")
    (tmp_path / "token").write_text(f"{TOKEN}\n")
    options = ["--prometheus", impostor.address, "--prometheus-token-file", str(tmp_path / "token")]
    result = firebrigade("rules", "check", rules, *options, "--format", "json")
    assert result.exit_code == 2
    told = {one["check"] for one in json.loads(result.stdout)["problems"]}
    assert {"live/server", "rule/unused-record"} <= told
    assert impostor.asked[0].headers["authorization"] == f"Bearer {TOKEN}"
    assert TOKEN not in result.stdout + result.stderr


@pytest.mark.parametrize("address", ["localhost:9090", "ftp://127.0.0.1", "http://", "http://x/?a=b"])
def test_what_is_no_address_is_a_mistake(address: str, rules: str, firebrigade: Run) -> None:
    result = firebrigade("rules", "check", rules, "--prometheus", address)
    assert (result.exit_code, result.stdout) == (2, "")
    assert "write it like http://127.0.0.1:9090" in result.stderr


def test_a_file_without_a_token_is_a_mistake(rules: str, firebrigade: Run, tmp_path: Path) -> None:
    (tmp_path / "token").write_text("\n")
    options = ["--prometheus", "http://127.0.0.1:1", "--prometheus-token-file", str(tmp_path / "token")]
    result = firebrigade("rules", "check", rules, *options)
    assert result.exit_code == 2
    assert "holds no token" in result.stderr

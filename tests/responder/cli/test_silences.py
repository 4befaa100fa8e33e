"""silence against a real Alertmanager, and what is refused before it is asked."""

import json
from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from click.testing import Result

from sandbox.processes import Alertmanager

Run = Callable[..., Result]
Write = Callable[[str], str]
CONFIG = {"route": {"receiver": "nobody"}, "receivers": [{"name": "nobody"}]}


@pytest.fixture(scope="module")
def alertmanager() -> Iterator[Alertmanager]:
    with Alertmanager(CONFIG) as server:
        yield server


@pytest.fixture
def config(alertmanager: Alertmanager, write_config: Write) -> str:
    return write_config(f"alertmanagers: {{alertmanager: {{url: '{alertmanager.url}'}}}}")


def listed(firebrigade: Run, config: str, *arguments: str) -> dict[str, dict[str, Any]]:
    found = json.loads(firebrigade("silence", "list", "--json", "--config", config, *arguments).stdout)
    return {silence["id"]: silence for silence in found}


def test_a_silence_is_added_listed_and_expired(firebrigade: Run, config: str) -> None:
    arguments = ["silence", "add", 'service="ryot"', 'pod=~"ryot-.*"', "--for", "2h", "--comment", "CHG-17"]
    added = firebrigade(*arguments, "--actor", "grace", "--config", config)
    assert added.exit_code == 0
    silence_id = added.stdout.splitlines()[0]
    silence = listed(firebrigade, config)[silence_id]
    assert silence["matchers"] == ['service="ryot"', 'pod=~"ryot-.*"']
    assert (silence["created_by"], silence["comment"], silence["state"]) == ("grace", "CHG-17", "active")
    starts_at, ends_at = (datetime.fromisoformat(silence[key]) for key in ("starts_at", "ends_at"))
    assert timedelta(hours=1, minutes=59) < ends_at - starts_at <= timedelta(hours=2)
    assert silence_id in firebrigade("silence", "list", "--config", config).stdout

    assert firebrigade("silence", "expire", silence_id, "--config", config).exit_code == 0
    assert silence_id not in listed(firebrigade, config)
    assert listed(firebrigade, config, "--all")[silence_id]["state"] == "expired"


def test_a_silence_may_begin_later(firebrigade: Run, config: str) -> None:
    start = (datetime.now(UTC) + timedelta(days=1)).replace(microsecond=0)
    arguments = ["silence", "add", "a=b", "--for", "1h", "--comment", "x", "--start", start.isoformat(), "--json"]
    added = json.loads(firebrigade(*arguments, "--config", config).stdout)
    silence = listed(firebrigade, config)[added["id"]]
    assert silence["state"] == "pending"
    assert datetime.fromisoformat(silence["starts_at"]) == start


def test_a_hostile_comment_stays_text(firebrigade: Run, config: str) -> None:
    arguments = ["silence", "add", "a=b", "--for", "1h", "--comment", "[red]x\x1b[2J", "--config", config]
    silence_id = firebrigade(*arguments).stdout.splitlines()[0]
    shown = next(
        line for line in firebrigade("silence", "list", "--config", config).stdout.splitlines() if silence_id in line
    )
    assert "[red]x\\x1b[2J" in shown


def test_a_silence_that_is_not_there_is_a_mistake(firebrigade: Run, config: str) -> None:
    result = firebrigade("silence", "expire", "00000000-0000-0000-0000-000000000000", "--config", config)
    assert result.exit_code == 2
    assert result.stderr == "firebrigade: Alertmanager has no such silence\n"


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (["a=b", "--comment", "x"], "Missing option '--for'"),
        (["a=b", "--for", "1h"], "Missing option '--comment'"),
        (["a=b", "--for", "1h", "--comment", " "], "--comment is empty"),
        (["a=b", "--for", "soon", "--comment", "x"], "--for: 'soon' is not a duration"),
        (["a=b", "--for", "0s", "--comment", "x"], "--for: 0s is not between a moment and a year"),
        (["a=b", "--for", "1h", "--comment", "x", "--start", "tomorrow"], "--start: 'tomorrow' is not a time"),
        (["a", "--for", "1h", "--comment", "x"], "'a'"),
        (['a=~".*"', "--for", "1h", "--comment", "x"], "would silence everything"),
        (["--for", "1h", "--comment", "x"], "Missing argument 'MATCHER...'"),
    ],
)
def test_what_is_no_silence_is_refused_before_anybody_is_asked(
    arguments: list[str], said: str, firebrigade: Run, write_config: Write
) -> None:
    path = write_config("alertmanagers: {alertmanager: {url: 'http://127.0.0.1:1'}}")
    result = firebrigade("silence", "add", *arguments, "--config", path)
    assert (result.exit_code, len(result.stderr.splitlines())) == (2, 1)
    assert said in result.stderr


@pytest.mark.parametrize(
    ("text", "arguments", "said"),
    [
        ("", [], "no Alertmanager is configured"),
        ("{a: {url: 'http://127.0.0.1:1'}, b: {url: 'http://127.0.0.1:1'}}", [], "choose with --source: a, b"),
        ("{abc: {url: 'http://127.0.0.1:1'}}", ["--source", "abd"], "did you mean abc?"),
        ("{a: {url: 'http://127.0.0.1:1'}}", [], "http://127.0.0.1:1 can't be reached"),
    ],
    ids=["none is configured", "several are", "an unknown one", "it does not run"],
)
def test_which_alertmanager_must_be_clear(
    text: str, arguments: list[str], said: str, firebrigade: Run, write_config: Write
) -> None:
    result = firebrigade("silence", "list", *arguments, "--config", write_config(f"alertmanagers: {text}\n"))
    assert (result.exit_code, len(result.stderr.splitlines())) == (2, 1)
    assert said in result.stderr

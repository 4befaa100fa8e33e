"""Log lines without secrets, whoever writes them and however."""

import io
import json
import logging
from base64 import b64encode
from typing import Any

import pytest
import structlog
from hypothesis import given, settings
from hypothesis import strategies as st
from pydantic import BaseModel, SecretStr

from firebrigade.responder.clock import ManualClock
from firebrigade.responder.redaction import REDACTED, Redactor, find_secrets
from firebrigade.responder.settings import Settings
from firebrigade.responder.telemetry import Metrics, configure_logging

SECRET = "planted-token-9f3c"


@pytest.mark.parametrize(
    "fields",
    [
        pytest.param({"event": f"sent {SECRET}"}, id="in the event"),
        pytest.param({"detail": f"x{SECRET}x"}, id="inside another word"),
        pytest.param({"nested": {"deep": [{"er": (SECRET,)}]}}, id="nested"),
        pytest.param({"nested": {SECRET: 1}}, id="as a key"),
        pytest.param({"token": "never-planted"}, id="under a telling name"),
        pytest.param({"headers": {"Authorization": "Digest never-planted"}}, id="under a telling name, nested"),
        pytest.param({"address": "postgresql://me:never-planted@db/x"}, id="in an address"),
        pytest.param({"detail": "sent Bearer never-planted"}, id="in a header's value"),
        pytest.param({"thing": ValueError(SECRET)}, id="in an object"),
        pytest.param({"thing": SECRET.encode()}, id="in bytes"),
        pytest.param({"detail": b64encode(f"user:{SECRET}".encode()).decode()}, id="in base64 beside a user's name"),
    ],
)
def test_no_line_holds_a_secret(log_stream: io.StringIO, fields: dict[str, Any]) -> None:
    structlog.get_logger("test").warning(**({"event": "something"} | fields))
    line = log_stream.getvalue()
    assert "planted" not in line
    assert b64encode(SECRET.encode())[:12].decode() not in line
    assert REDACTED in line


def test_neither_does_a_traceback_or_a_librarys_line(log_stream: io.StringIO) -> None:
    try:
        int(f"url http://x/?key={SECRET}")
    except ValueError:
        structlog.get_logger("test").exception("failed")
        logging.getLogger("library").exception("called with %s", SECRET)
    lines = [json.loads(line) for line in log_stream.getvalue().splitlines()]
    assert [line["logger"] for line in lines] == ["test", "library"]
    assert all("Traceback" in line["exception"] for line in lines)
    assert SECRET not in log_stream.getvalue()


def test_a_traceback_shows_no_values_of_variables(log_stream: io.StringIO) -> None:
    unknown = "never-" + "planted"
    try:
        int(f"{len(unknown)}.")
    except ValueError:
        structlog.get_logger("test").exception("failed")
    assert "invalid literal" in log_stream.getvalue()
    assert unknown not in log_stream.getvalue()


@pytest.mark.parametrize("log_format", ["json", "text"])
def test_no_value_can_start_a_line_of_its_own(log_stream: io.StringIO, log_format: str) -> None:
    configure_logging(level="info", log_format=log_format, secrets=[], clock=ManualClock(), stream=log_stream)
    structlog.get_logger("test").info("came", label='a\n{"event": "forged"}\x1b[2J', other="\ud800")
    logging.getLogger("gunicorn.error").warning("path %s", "/\r\nforged")
    assert len(log_stream.getvalue().splitlines()) == 2
    assert "\x1b" not in log_stream.getvalue()


@pytest.mark.parametrize(
    ("level", "heard"),
    [
        pytest.param("debug", {"info", "warning", "error"}, id="everything while debugging"),
        pytest.param("info", {"warning", "error"}, id="warnings by default"),
        pytest.param("error", {"error"}, id="no more than was asked for"),
    ],
)
@pytest.mark.parametrize(
    "library", ["apscheduler.scheduler", "alembic.runtime.migration", "httpx2", "httpcore2", "urllib3"]
)
def test_libraries_do_not_talk_about_themselves(
    log_stream: io.StringIO, library: str, level: str, heard: set[str]
) -> None:
    configure_logging(level=level, log_format="json", secrets=[], clock=ManualClock(), stream=log_stream)
    for name in ("info", "warning", "error"):
        logging.getLogger(library).log(logging.getLevelName(name.upper()), "said")
    assert {json.loads(line)["level"] for line in log_stream.getvalue().splitlines()} == heard


def test_a_line_says_when_by_the_clock_it_was_given(log_stream: io.StringIO) -> None:
    structlog.get_logger("test").info("now")
    assert json.loads(log_stream.getvalue())["timestamp"] == "2026-01-05T09:00:00Z"


class _Receiver(BaseModel):
    routing_key: SecretStr
    plain: str = "plain"


def test_every_secret_of_settings_and_configuration_is_found() -> None:
    environment = Settings(
        database_url=SecretStr("postgresql://me:p%40ss@db/x"),
        webhook_token=SecretStr("token"),
        receiver_secrets={"A": SecretStr("from-environment")},
    )
    found = find_secrets(environment, {"receivers": (_Receiver(routing_key=SecretStr("from-file")),)})
    assert found == {"postgresql://me:p%40ss@db/x", "p%40ss", "p@ss", "token", "from-environment", "from-file"}


@settings(deadline=None)
@given(st.text(min_size=4), st.text(), st.text())
def test_a_known_secret_never_survives(secret: str, before: str, after: str) -> None:
    assert secret not in Redactor([secret]).text(before + secret + after).replace(REDACTED, "\0")


def test_a_redactor_shows_nothing_of_what_it_knows() -> None:
    assert SECRET not in repr(Redactor([SECRET]))


def test_two_applications_in_one_process_count_apart() -> None:
    one, two = Metrics(), Metrics()
    one.dead_letters.inc()
    assert two.registry.get_sample_value("firebrigade_dead_letters_total") == 0

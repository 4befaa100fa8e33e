"""incident verify and incident export against the real API over HTTP."""

import json
from collections.abc import Callable
from typing import Any

import pytest
from click.testing import Result
from sqlalchemy import create_engine, text

from sandbox.http_server import Answer, HttpServer, Request

Run = Callable[..., Result]


@pytest.fixture
def tamper(tmp_path: Any) -> Callable[[str], None]:
    """Return a function: SQL that somebody runs on the service's file."""

    def run(statement: str) -> None:
        engine = create_engine(f"sqlite:///{tmp_path / 'api.sqlite'}")
        with engine.begin() as connection:
            connection.execute(text(statement))
        engine.dispose()

    return run


def verify(firebrigade: Run, service: Any, *arguments: str) -> Result:
    return firebrigade("incident", "verify", *arguments, env=service.environ)


def test_an_untouched_incident_is_as_it_was_written(firebrigade: Run, service: Any) -> None:
    incident = service.fires()
    head = service.store.chain(incident).head.hash
    result = verify(firebrigade, service, str(incident))
    assert (result.exit_code, result.stderr) == (0, "")
    assert result.stdout == f"Incident {incident} is as it was written: 2 entries, head {head}\n"


def test_every_incident_is_checked_without_an_id(firebrigade: Run, service: Any) -> None:
    assert verify(firebrigade, service).stdout == "All is as it was written: 0 incidents with 0 entries.\n"
    for number in range(101):  # one more than one request asks for
        service.fires(f"Alert{number}")
    result = verify(firebrigade, service)
    assert result.stdout == "All is as it was written: 101 incidents with 202 entries.\n"
    assert len(json.loads(verify(firebrigade, service, "--json").stdout)) == 101


def test_each_break_is_one_sentence_and_exit_code_1(firebrigade: Run, service: Any, tamper: Any) -> None:
    first, second, third = (service.fires(f"Alert{number}") for number in range(3))
    tamper(f"UPDATE timeline SET actor = 'nobody' WHERE incident_id = {first} AND sequence = 1")
    tamper(f"DELETE FROM timeline WHERE incident_id = {third} AND sequence = 2")
    result = verify(firebrigade, service)
    assert (result.exit_code, result.stderr) == (1, "")
    assert result.stdout.splitlines() == [
        f"incident {third}: entry 2 is missing at the end: the incident counted 2",
        f"incident {first}: entry 1 was changed: its hash is of another content",
        "2 breaks in 3 incidents with 5 entries.",
    ]
    assert verify(firebrigade, service, str(second)).exit_code == 0
    found = verify(firebrigade, service, str(first), "--json")
    assert (found.exit_code, json.loads(found.stdout)[0]["problems"][0]["entry"]) == (1, 1)


def test_a_chain_that_was_made_anew_is_told_by_a_head_that_was_kept(
    firebrigade: Run, service: Any, tamper: Any
) -> None:
    incident = service.fires()
    head = service.store.chain(incident).head.hash
    service.store.acknowledge(incident, "mara", service.clock.now())
    assert verify(firebrigade, service, str(incident), "--head", head).exit_code == 0
    tamper(
        f"UPDATE timeline SET sequence = 0, incident_id = {service.fires('Other')} WHERE incident_id = {incident}"
        " AND sequence = 2"
    )
    result = verify(firebrigade, service, str(incident), "--head", head)
    assert result.exit_code == 1
    assert f"incident {incident}: no entry has the hash {head}" in result.stdout


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (["verify", "99"], "there is no incident 99"),
        (["verify", "x"], "'x' is not a whole number from 1 on"),
        (["verify", "--head", "1:ab"], "--head needs the ID"),
        (["export", "99"], "there is no incident 99"),
        (["export", "1", "--format", "pdf"], "'pdf' is not one of"),
        (["export"], "Missing argument 'ID'"),
    ],
)
def test_a_mistake_is_one_sentence_and_exit_code_2(
    arguments: list[str], said: str, firebrigade: Run, service: Any
) -> None:
    result = firebrigade("incident", *arguments, env=service.environ)
    assert (result.exit_code, result.stdout, len(result.stderr.splitlines())) == (2, "", 1)
    assert said in result.stderr


@pytest.mark.parametrize("command", ["verify", "export"])
def test_a_service_without_chains_is_told(command: str, firebrigade: Run) -> None:
    class Older(HttpServer):
        def answer(self, request: Request) -> Answer:
            return Answer(status=200, body={"incident": {"id": 1}, "timeline": []})

    with Older() as older:
        result = firebrigade("incident", command, "1", env={"FIREBRIGADE_URL": older.address})
    assert (result.exit_code, "older than this command" in result.stderr) == (2, True)


def test_the_export_is_a_draft_of_a_post_mortem(firebrigade: Run, service: Any) -> None:
    incident = service.fires()
    service.store.resolve(incident, "mara", service.clock.now())
    result = firebrigade("incident", "export", str(incident), env=service.environ)
    assert result.exit_code == 0
    assert result.stdout.startswith(f"# Incident {incident}: ServiceDown")
    assert "## Open questions" in result.stdout
    assert service.store.chain(incident).head.hash in result.stdout
    assert result.stdout == firebrigade("incident", "export", str(incident), env=service.environ).stdout


def test_the_export_as_json_is_the_whole_record(firebrigade: Run, service: Any) -> None:
    incident = service.fires()
    result = firebrigade("incident", "export", str(incident), "--format", "json", env=service.environ)
    record = json.loads(result.stdout)
    assert (record["incident"]["id"], record["chain"]["problems"]) == (incident, [])
    assert [entry["kind"] for entry in record["timeline"]] == ["opened", "alert_joined"]


def test_the_export_says_that_the_record_is_broken(firebrigade: Run, service: Any, tamper: Any) -> None:
    incident = service.fires()
    tamper("UPDATE timeline SET detail = 'all is well' WHERE sequence = 1")
    shown = firebrigade("incident", "export", str(incident), env=service.environ).stdout
    assert "- When this was made, the timeline was broken." in shown
    assert f"- Broken: incident {incident}: entry 1 was changed" in shown

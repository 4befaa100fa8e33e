"""incident, automation and dead-letter against the real API over HTTP."""

import json
import os
import re
import subprocess
import sys
import termios
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from click.testing import Result

from firebrigade.responder.conclusion import Conclusion
from sandbox.http_server import Answer, HttpServer, Request

Run = Callable[..., Result]
HOSTILE = "[bold red]x[/] \x1b[2J\x1b[1;1H :fire: \n‮ next"


def test_the_list_shows_open_incidents_newest_first(firebrigade: Run, service: Any) -> None:
    first, second = service.fires("ServiceDown"), service.fires("HighLatency", severity="warning")
    over = service.fires("AgentDown")
    service.store.resolve(over, "somebody", service.clock.now())
    result = firebrigade("incident", "list", env=service.environ)
    lines = result.stdout.splitlines()
    assert result.exit_code == 0
    columns = ["id", "status", "level", "severity", "age", "firing", "acknowledged by", "suppressed", "title"]
    assert re.split(r"  +", lines[0].strip()) == columns
    assert [line.split()[0] for line in lines[1:]] == [str(second), str(first)]
    assert "warning" in lines[1]


def test_the_list_says_who_has_it_and_what_fires(firebrigade: Run, service: Any) -> None:
    taken, held = service.fires("HighLatency"), service.fires("AgentDown")
    service.store.acknowledge(taken, "grace", service.clock.now())

    def silence(case: Any) -> Conclusion:
        return Conclusion(incident=replace(case.incident, silenced_by="a silence"))

    service.store.reconcile(held, service.clock.now(), silence)
    _, first, second = firebrigade("incident", "list", env=service.environ).stdout.splitlines()
    assert re.fullmatch(rf"{held} +triggered +L0 +critical +\d+ \w+ +1 +yes +AgentDown.*", first)
    assert re.fullmatch(rf"{taken} +acknowledged +L0 +critical +\d+ \w+ +1 +grace +HighLatency.*", second)


def test_the_list_counts_what_fires_of_what_is_open(firebrigade: Run, service: Any) -> None:
    service.fires()
    service.store.resolve(service.fires("AgentDown"), "somebody", service.clock.now())
    found = json.loads(firebrigade("incident", "list", "--status", "all", "--json", env=service.environ).stdout)
    assert [incident["alerts_firing"] for incident in found] == [None, 1]


def test_the_list_may_be_of_one_status(firebrigade: Run, service: Any) -> None:
    service.fires()
    over = service.fires("AgentDown")
    service.store.resolve(over, "somebody", service.clock.now())
    found = json.loads(firebrigade("incident", "list", "--status", "resolved", "--json", env=service.environ).stdout)
    assert [incident["id"] for incident in found] == [over]
    everything = firebrigade("incident", "list", "--status", "all", "--json", env=service.environ).stdout
    assert len(json.loads(everything)) == 2


def test_the_list_goes_on_before_an_incident(firebrigade: Run, service: Any) -> None:
    ids = [service.fires(f"Alert{n}") for n in range(3)]
    found = firebrigade("incident", "list", "--limit", "1", "--before", str(ids[2]), "--json", env=service.environ)
    assert [incident["id"] for incident in json.loads(found.stdout)] == [ids[1]]


def test_a_terminal_has_one_line_for_each_incident(service: Any) -> None:
    service.fires("ServiceDown", pod="ryot-1", service="a-service-with-a-name-that-needs-more-room-than-there-is")
    terminal, inside = os.openpty()
    termios.tcsetwinsize(inside, (24, 120))
    command = [str(Path(sys.executable).parent / "firebrigade"), "incident", "list"]
    environ = {"PATH": "/usr/bin:/bin", "LANG": "C.UTF-8", "TERM": "xterm", **service.environ}
    subprocess.run(command, env=environ, stdout=inside, check=True)
    os.close(inside)
    lines = os.read(terminal, 65_536).decode().splitlines()
    os.close(terminal)
    assert len(lines) == 2
    assert max(len(re.sub(r"\x1b\[[0-9;]*m", "", line)) for line in lines) <= 120
    assert "…" in lines[1]


def test_an_empty_list_says_so(firebrigade: Run, service: Any) -> None:
    assert firebrigade("incident", "list", env=service.environ).stdout == "No open incidents.\n"
    assert json.loads(firebrigade("incident", "list", "--json", env=service.environ).stdout) == []


def test_show_has_alerts_and_timeline(firebrigade: Run, service: Any) -> None:
    incident = service.fires(pod="ryot-1")
    service.store.acknowledge(incident, "grace", service.clock.now())
    shown = firebrigade("incident", "show", str(incident), env=service.environ).stdout
    assert 'pod="ryot-1"' in shown
    assert "acknowledged" in shown
    assert "by grace" in shown
    assert "Timeline" in shown


def test_a_page_is_no_wider_than_it_can_be_read(firebrigade: Run, service: Any) -> None:
    incident = service.fires(pod="ryot-1", **{f"label_{n}": "a value of some length" for n in range(9)})
    shown = firebrigade("incident", "show", str(incident), env=service.environ).stdout
    assert max(map(len, shown.splitlines())) <= 120
    assert "label_8=" in shown


def test_acknowledge_and_resolve_name_who_did_it(firebrigade: Run, service: Any) -> None:
    incident = service.fires()
    acknowledged = firebrigade("incident", "ack", str(incident), "--actor", "grace", env=service.environ)
    assert acknowledged.stdout.startswith(f"Incident {incident} is acknowledged")
    assert service.store.incident(incident).acknowledged_by == "grace"
    resolved = firebrigade("incident", "resolve", str(incident), "--actor", "ada", env=service.environ)
    assert resolved.stdout.startswith(f"Incident {incident} is resolved")
    assert service.store.incident(incident).resolved_by == "ada"


@pytest.mark.parametrize(("verb", "status"), [("ack", "acknowledged"), ("resolve", "resolved")])
def test_a_second_person_is_told_who_was_first(verb: str, status: str, firebrigade: Run, service: Any) -> None:
    incident = service.fires()
    firebrigade("incident", verb, str(incident), "--actor", "grace", env=service.environ)
    second = firebrigade("incident", verb, str(incident), "--actor", "ada", env=service.environ)
    assert second.exit_code == 0
    at = f"{service.clock.now():%Y-%m-%d %H:%M:%SZ}"
    assert f"is already {status} by grace at {at}; you are not recorded: ServiceDown" in second.stdout
    again = firebrigade("incident", verb, str(incident), "--actor", "grace", env=service.environ)
    assert f"is already {status} by grace at {at}: ServiceDown" in again.stdout


def test_whoever_resolves_hears_what_still_fires(firebrigade: Run, service: Any) -> None:
    incident = service.fires()
    said = firebrigade("incident", "resolve", str(incident), env=service.environ).stdout.splitlines()
    assert len(said) == 2
    assert said[1].startswith("1 alert still fires: a new incident opens, and pages, when Alertmanager repeats it")


def test_whoever_resolves_what_is_over_hears_who_ended_it(firebrigade: Run, service: Any) -> None:
    incident = service.fires()
    service.ends()
    said = firebrigade("incident", "resolve", str(incident), env=service.environ).stdout
    assert "already resolved by alertmanager" in said
    assert "still fire" not in said


def test_without_a_name_the_systems_user_acts(firebrigade: Run, service: Any) -> None:
    incident = service.fires()
    firebrigade("incident", "ack", str(incident), env={**service.environ, "LOGNAME": "lovelace"})
    assert service.store.incident(incident).acknowledged_by == "lovelace"


def test_hostile_labels_stay_text_in_one_line(firebrigade: Run, service: Any) -> None:
    incident = service.fires(HOSTILE, service=HOSTILE)
    for arguments in (["list"], ["show", str(incident)], ["ack", str(incident)]):
        shown = firebrigade("incident", *arguments, env=service.environ).stdout
        assert "\x1b" not in shown
        assert "‮" not in shown
        assert "[bold red]x[/]" in shown
        assert ":fire:" in shown
        assert "\\x1b[2J" in shown


def test_hostile_labels_are_escaped_in_json(firebrigade: Run, service: Any) -> None:
    service.fires(HOSTILE)
    shown = firebrigade("incident", "list", "--json", env=service.environ).stdout
    assert shown.isascii()
    assert "\x1b" not in shown
    assert json.loads(shown)[0]["labels"]["alertname"] == HOSTILE


def test_automation_is_switched_off_and_on(firebrigade: Run, service: Any) -> None:
    assert firebrigade("automation", "status", env=service.environ).stdout == "Automation is on.\n"
    assert firebrigade("automation", "off", env=service.environ).stdout.startswith("Automation is off")
    assert not service.store.automation_on()
    assert json.loads(firebrigade("automation", "status", "--json", env=service.environ).stdout) == {"on": False}
    assert firebrigade("automation", "on", env=service.environ).stdout == "Automation is on.\n"
    assert service.store.automation_on()


def test_dead_letters_are_listed(firebrigade: Run, service: Any) -> None:
    assert firebrigade("dead-letter", "list", env=service.environ).stdout == "No dead letters.\n"
    service.store.record_dead_letter("alertmanager", "it broke", b"{}", service.clock.now())
    assert "it broke" in firebrigade("dead-letter", "list", env=service.environ).stdout
    found = json.loads(firebrigade("dead-letter", "list", "--json", env=service.environ).stdout)
    assert found[0]["body"] == "{}"


def test_basic_credentials_of_the_webhook_do_too(firebrigade: Run, service: Any) -> None:
    token = service.environ["FIREBRIGADE_API_TOKEN"]
    environ = {
        "FIREBRIGADE_URL": service.url,
        "FIREBRIGADE_WEBHOOK_USERNAME": "am",
        "FIREBRIGADE_WEBHOOK_PASSWORD": token,
    }
    assert firebrigade("incident", "list", env=environ).exit_code == 0


def test_a_netrc_file_gives_no_credentials(firebrigade: Run, service: Any, tmp_path: Any) -> None:
    netrc = tmp_path / "netrc"
    netrc.write_text(f"machine 127.1 login am password {service.environ['FIREBRIGADE_API_TOKEN']}\n")
    netrc.chmod(0o600)
    # Another spelling of 127.0.0.1, which is asked the way that machines far away are.
    environ = {"FIREBRIGADE_URL": service.url.replace("127.0.0.1", "127.1"), "NETRC": str(netrc), "NO_PROXY": "*"}
    result = firebrigade("incident", "list", env=environ)
    assert result.exit_code == 2
    assert "does not let us in (401)" in result.stderr


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (["incident", "show", "99"], "there is no incident 99"),
        (["incident", "ack", "99"], "there is no incident 99"),
        (["incident", "ack", "x"], "'x' is not a whole number from 1 on"),
        (["incident", "ack", "0"], "'0' is not a whole number from 1 on"),
        (["incident", "list", "--limit", "501"], "'501' is not a whole number from 1 to 500"),
        (["incident", "list", "--status", "opn"], "'opn' is not one of"),
        (["incident", "ack"], "Missing argument 'ID'"),
        (["incident", "ack", "1", "--actor", "a\nb"], "printable"),
    ],
)
def test_a_mistake_is_one_sentence_and_exit_code_2(
    arguments: list[str], said: str, firebrigade: Run, service: Any
) -> None:
    service.fires()
    result = firebrigade(*arguments, env=service.environ)
    assert result.exit_code == 2
    assert result.stdout == ""
    assert said in result.stderr
    assert len(result.stderr.splitlines()) == 1
    assert result.stderr.startswith("firebrigade: ")


def test_a_contradiction_is_told_as_the_service_says_it(firebrigade: Run, service: Any) -> None:
    incident = service.fires()
    service.store.resolve(incident, "somebody", service.clock.now())
    result = firebrigade("incident", "ack", str(incident), env=service.environ)
    assert (result.exit_code, len(result.stderr.splitlines())) == (2, 1)
    assert "resolved" in result.stderr


def test_wrong_credentials_are_told_without_them(firebrigade: Run, service: Any) -> None:
    result = firebrigade(
        "incident", "list", env={"FIREBRIGADE_URL": service.url, "FIREBRIGADE_API_TOKEN": "planted-wrong"}
    )
    assert result.exit_code == 2
    assert "set FIREBRIGADE_API_TOKEN" in result.stderr
    assert "planted" not in result.stderr


def test_something_else_at_the_address_is_told(firebrigade: Run, service: Any) -> None:
    environ = {**service.environ, "FIREBRIGADE_URL": f"{service.url}/metrics"}
    result = firebrigade("incident", "list", env=environ)
    assert (result.exit_code, len(result.stderr.splitlines())) == (2, 1)


def test_credentials_that_something_else_repeats_are_not_told(firebrigade: Run) -> None:
    class Echo(HttpServer):
        def answer(self, request: Request) -> Answer:
            return Answer(status=500, body={"error": f"{'x' * 290} {request.headers['authorization']}"})

    with Echo() as echo:
        environ = {"FIREBRIGADE_URL": echo.address, "FIREBRIGADE_API_TOKEN": "planted-wrong"}
        result = firebrigade("incident", "list", env=environ)
    assert (result.exit_code, "xxxx" in result.stderr) == (2, True)
    assert "plant" not in result.stderr


def test_a_service_that_does_not_run_is_told(firebrigade: Run) -> None:
    result = firebrigade("incident", "list", env={"FIREBRIGADE_URL": "http://127.0.0.1:1"})
    assert result.exit_code == 2
    assert result.stderr == (
        "firebrigade: http://127.0.0.1:1 can't be reached; start firebrigade serve, or set FIREBRIGADE_URL "
        "to where it runs\n"
    )

"""The keeper against the real Alertmanager, with amtool as the witness."""

import os
import signal
import subprocess
import sys
import threading
from dataclasses import replace
from datetime import datetime, timedelta
from typing import Any

import pytest

from firebrigade.responder.alertmanager import Alertmanager, AlertmanagerSettings
from firebrigade.responder.alertmanager_records import NewSilence, Silence
from firebrigade.responder.matchers import Matcher
from firebrigade.responder.model import MaintenanceWindow
from firebrigade.responder.run_silences import RunSilencer
from firebrigade.responder.silences import keep_silences
from firebrigade.runbooks.silencing import SilenceStanding

DAY = timedelta(days=1)

KEEP_AND_DIE = """
import os, signal, sys
from datetime import datetime, timedelta
from firebrigade.responder.alertmanager import Alertmanager, AlertmanagerSettings
from firebrigade.responder.matchers import Matcher
from firebrigade.responder.model import MaintenanceWindow
from firebrigade.responder.silences import keep_silences

url, name, now = sys.argv[1:]
now = datetime.fromisoformat(now)

class Dying(Alertmanager):
    def create_silence(self, silence):
        super().create_silence(silence)
        os.kill(os.getpid(), signal.SIGKILL)

window = MaintenanceWindow(
    name=name, matchers=(Matcher("service", "=", name),), owner="dba", reason="move",
    starts_at=now + timedelta(hours=1), ends_at=now + timedelta(hours=2),
)
keep_silences([window], now, timedelta(days=1), Dying(AlertmanagerSettings(url=url)), created_by=name)
"""


@pytest.fixture
def window(unique: str, now: datetime) -> MaintenanceWindow:
    return MaintenanceWindow(
        name=unique,
        matchers=(Matcher("service", "=", unique),),
        owner="dba",
        reason="move",
        starts_at=now + timedelta(hours=1),
        ends_at=now + timedelta(hours=2),
    )


def shown(server: Any, name: str, *arguments: str) -> list[Any]:
    """What amtool shows of the silences of one service."""
    return list(server.amtool("silence", "query", *arguments, f"service={name}") or [])


def test_amtool_shows_the_silence_with_window_reason_owner_and_key(
    server: Any, window: MaintenanceWindow, unique: str, now: datetime
) -> None:
    (key,) = keep_silences([window], now, DAY, server.client, created_by=unique).created
    (silence,) = shown(server, unique)
    assert silence["comment"] == f"{unique}: move (owner: dba) [firebrigade:{key}]"
    assert (silence["createdBy"], silence["status"]["state"]) == (unique, "pending")
    assert datetime.fromisoformat(silence["startsAt"]) == window.starts_at
    assert datetime.fromisoformat(silence["endsAt"]) == window.ends_at


def test_a_removed_window_s_silence_is_expired_and_says_why(
    server: Any, window: MaintenanceWindow, unique: str, now: datetime
) -> None:
    keep_silences([window], now, DAY, server.client, created_by=unique)
    changes = keep_silences([], now, DAY, server.client, created_by=unique)
    assert shown(server, unique) == []
    (silence,) = shown(server, unique, "--expired")
    assert (silence["id"],) == changes.withdrawn
    assert "withdrawn: window removed or edited" in silence["comment"]


def test_an_edited_window_replaces_its_active_silence(
    server: Any, window: MaintenanceWindow, unique: str, now: datetime
) -> None:
    begun = replace(window, starts_at=now - timedelta(hours=1))
    keep_silences([begun], now, DAY, server.client, created_by=unique)
    longer = replace(begun, ends_at=now + timedelta(hours=5))
    keep_silences([longer], now, DAY, server.client, created_by=unique)
    (silence,) = shown(server, unique)
    assert silence["status"]["state"] == "active"
    assert datetime.fromisoformat(silence["endsAt"]) == longer.ends_at
    assert len(shown(server, unique, "--expired")) == 1


def test_a_silence_that_a_person_expires_with_amtool_is_not_made_again(
    server: Any, window: MaintenanceWindow, unique: str, now: datetime
) -> None:
    (key,) = keep_silences([window], now, DAY, server.client, created_by=unique).created
    server.amtool("silence", "expire", shown(server, unique)[0]["id"])
    changes = keep_silences([window], now, DAY, server.client, created_by=unique)
    assert changes.ended_by_people == (key,)
    assert shown(server, unique) == []


def test_a_window_that_comes_back_is_silenced_again(
    server: Any, window: MaintenanceWindow, unique: str, now: datetime
) -> None:
    for windows in ([window], [], [window]):
        keep_silences(windows, now, DAY, server.client, created_by=unique)
        assert len(shown(server, unique)) == len(windows)


def test_there_is_exactly_one_after_a_kill_right_after_the_request(
    server: Any, window: MaintenanceWindow, unique: str, now: datetime
) -> None:
    command = [sys.executable, "-c", KEEP_AND_DIE, server.url, unique, now.isoformat()]
    dead = subprocess.run(command, check=False, timeout=60, env={**os.environ, "PYTHONDONTWRITEBYTECODE": "1"})
    assert dead.returncode == -signal.SIGKILL
    assert len(shown(server, unique)) == 1
    changes = keep_silences([window], now, DAY, server.client, created_by=unique)
    assert changes.created == ()
    assert len(shown(server, unique)) == 1


class Together(Alertmanager):
    """A client that waits, after its first listing, until the other one has listed, too."""

    def __init__(self, url: str, barrier: threading.Barrier) -> None:
        super().__init__(AlertmanagerSettings(url=url))
        self._barrier = barrier
        self.listings = 0
        self.requests: list[str] = []

    def silences(self, **filters: Any) -> tuple[Silence, ...]:
        self.listings += 1
        found = super().silences(**filters)
        if self.listings == 1:
            self._barrier.wait(30)
        return found

    def create_silence(self, silence: NewSilence) -> str:
        self.requests.append(silence.id)
        return super().create_silence(silence)


def test_two_keepers_that_race_end_with_one(server: Any, window: MaintenanceWindow, unique: str, now: datetime) -> None:
    barrier = threading.Barrier(2)
    racing = [Together(server.url, barrier) for _ in range(2)]
    threads = [
        threading.Thread(target=keep_silences, args=([window], now, DAY, client, unique), daemon=True)
        for client in racing
    ]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(60)
    assert [client.requests[0] for client in racing] == ["", ""]  # both made one
    keep_silences([window], now, DAY, server.client, created_by=unique)
    assert len(shown(server, unique)) == 1
    assert keep_silences([window], now, DAY, server.client, created_by=unique).ended_by_people == ()
    assert len(shown(server, unique)) == 1


def test_a_run_s_silence_is_kept_found_and_ended_by_the_real_one(server: Any, unique: str, now: datetime) -> None:
    silencer = RunSilencer([server.client])
    labels = {"alertname": 'a"b\\c', "service": unique}
    silencer.silence(f"{unique}-0", labels, now + timedelta(minutes=15))
    silencer.silence(f"{unique}-0", labels, now + timedelta(minutes=15))
    (found,) = silencer.of_step(f"{unique}-0")
    assert found.standing is SilenceStanding.ACTIVE
    (seen,) = shown(server, unique)
    assert {one["name"]: one["value"] for one in seen["matchers"]} == labels
    silencer.expire(found.id)
    silencer.expire(found.id)
    assert [one.standing for one in silencer.of_step(f"{unique}-0")] == [SilenceStanding.EXPIRED]

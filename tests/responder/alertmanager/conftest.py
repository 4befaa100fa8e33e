"""A real Alertmanager, and an Alertmanager's silences in memory, for the tests in this folder."""

import itertools
import json
import re
import subprocess
import threading
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any
from uuid import uuid4

import pytest

from firebrigade.responder.alertmanager import Alertmanager, AlertmanagerSettings
from firebrigade.responder.alertmanager_records import NewSilence, Silence, SilenceState
from firebrigade.responder.errors import AlertmanagerError, NotFoundError

_LISTENING = re.compile(r'msg="?Listening on"? address=(\S+)')
_CONFIGURATION = """
route:
  receiver: everything
  group_by: [alertname, cluster]
  group_wait: 1s
receivers:
- name: everything
- name: every.hing
inhibit_rules:
- source_matchers: [alertname="Source"]
  target_matchers: [alertname="Target"]
  equal: [cluster]
"""


@dataclass(frozen=True, slots=True, kw_only=True)
class Server:
    """A running Alertmanager."""

    url: str
    client: Alertmanager

    def amtool(self, *arguments: str) -> Any:
        """Run amtool against it and return its JSON."""
        command = ["amtool", f"--alertmanager.url={self.url}", "--output=json", *arguments]
        answer = subprocess.run(command, check=True, capture_output=True, text=True, timeout=30).stdout
        return json.loads(answer) if answer.strip() else None


@contextmanager
def running_alertmanager(
    folder: Path, *arguments: str, scheme: str = "http", prefix: str = "", **settings: Any
) -> Iterator[Server]:
    """Start Alertmanager on a port that the kernel chooses, with its data in the folder."""
    (folder / "alertmanager.yml").write_text(_CONFIGURATION)
    command = [
        "prometheus-alertmanager",
        "--cluster.listen-address=",
        "--web.listen-address=127.0.0.1:0",
        f"--storage.path={folder / 'data'}",
        f"--config.file={folder / 'alertmanager.yml'}",
        f"--web.route-prefix=/{prefix}",
        *arguments,
    ]
    process = subprocess.Popen(command, stderr=subprocess.PIPE, stdout=subprocess.DEVNULL, text=True)
    assert process.stderr is not None
    deadline = threading.Timer(30, process.kill)
    deadline.start()
    try:
        address = next(found[1] for line in process.stderr if (found := _LISTENING.search(line)))
        deadline.cancel()
        drain = threading.Thread(target=process.stderr.read, daemon=True)  # a full pipe would stop the server
        drain.start()
        url = f"{scheme}://{address}/{prefix}"
        yield Server(url=url, client=Alertmanager(AlertmanagerSettings(url=url, **settings)))
    finally:
        deadline.cancel()
        process.terminate()
        process.wait(20)
        with suppress(UnboundLocalError):
            drain.join(20)
        process.stderr.close()


@pytest.fixture(scope="session")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    """One Alertmanager for all tests of a process; each test uses names of its own."""
    with running_alertmanager(tmp_path_factory.mktemp("alertmanager")) as server:
        yield server


@pytest.fixture
def start_alertmanager() -> Callable[..., Any]:
    """Return the context manager that starts another one."""
    return running_alertmanager


@pytest.fixture
def unique() -> str:
    """Return a name that no other test uses."""
    return f"t{uuid4().hex}"


@pytest.fixture
def eventually() -> Callable[[Callable[[], Any]], Any]:
    """Return a function that asks until the answer is truthy, and returns it."""

    def ask(condition: Callable[[], Any], seconds: float = 30) -> Any:
        deadline = time.monotonic() + seconds
        while not (answer := condition()):
            assert time.monotonic() < deadline, "it did not come true in time"
            threading.Event().wait(0.05)
        return answer

    return ask


class SilencesInMemory:
    """Alertmanager's silences as its documentation has them, with a clock of their own and requests that can fail.

    ``fail_before`` and ``fail_after`` hold the numbers of the requests that never arrive, and whose answer never does.
    """

    def __init__(self, now: datetime) -> None:
        self.now = now
        self.fail_before: set[int] = set()
        self.fail_after: set[int] = set()
        self.refused_matchers: set[Any] = set()
        self._silences: dict[str, Silence] = {}
        self.requests = 0
        self._ids = itertools.count(1)

    def silences(self) -> Sequence[Silence]:
        with self._request():
            return [self._current(silence) for silence in self._silences.values()]

    def create_silence(self, silence: NewSilence) -> str:
        with self._request():
            return self._create(silence)

    def expire_silence(self, silence_id: str) -> None:
        with self._request():
            if silence_id not in self._silences:
                raise NotFoundError("Alertmanager has no such silence")
            self._expire(silence_id)

    def live(self) -> list[Silence]:
        return [silence for silence in map(self._current, self._silences.values()) if silence.state != "expired"]

    @contextmanager
    def _request(self) -> Iterator[None]:
        self.requests += 1
        number = self.requests
        if number in self.fail_before:
            raise AlertmanagerError("it never arrived")
        yield
        if number in self.fail_after:
            raise AlertmanagerError("the answer never arrived")

    def _create(self, silence: NewSilence) -> str:
        if silence.ends_at <= self.now or silence.matchers in self.refused_matchers:
            raise AlertmanagerError("refused", temporary=False)
        before = self._current(self._silences[silence.id]) if silence.id else None
        in_place = before is not None and before.state != "expired" and before.matchers == silence.matchers
        if before and not in_place:
            self._expire(before.id)
        silence_id = silence.id if in_place else f"{next(self._ids) * 7919 % 10007:05}"  # ids are in no order
        self._silences[silence_id] = Silence(
            id=silence_id,
            state=SilenceState.ACTIVE,
            matchers=silence.matchers,
            starts_at=max(silence.starts_at, self.now) if not in_place else silence.starts_at,
            ends_at=silence.ends_at,
            updated_at=self.now,
            created_by=silence.created_by,
            comment=silence.comment,
        )
        return silence_id

    def _expire(self, silence_id: str) -> None:
        silence = self._silences[silence_id]
        if self._current(silence).state != "expired":
            self._silences[silence_id] = replace(
                silence, starts_at=min(silence.starts_at, self.now), ends_at=self.now, updated_at=self.now
            )

    def _current(self, silence: Silence) -> Silence:
        if self.now >= silence.ends_at:
            return replace(silence, state=SilenceState.EXPIRED)
        return replace(silence, state=SilenceState.PENDING if self.now < silence.starts_at else SilenceState.ACTIVE)


@pytest.fixture(scope="session")
def new_silences() -> type[SilencesInMemory]:
    """Return the class, for tests that make many."""
    return SilencesInMemory


@pytest.fixture
def now() -> datetime:
    """Return the real time, in whole seconds: a real Alertmanager has a clock of its own."""
    return datetime.now(UTC).replace(microsecond=0)


@pytest.fixture
def hour() -> timedelta:
    return timedelta(hours=1)

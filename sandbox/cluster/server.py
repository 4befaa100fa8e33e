"""The cluster behind its one lock: requests are decided, time passes, and watchers are woken.

``http.py`` brings it requests from connections, ``cluster.py`` is what tests and the demo hold in their hands.
"""

import threading
from collections.abc import Callable, Mapping
from datetime import UTC, datetime

from sandbox.cluster import access, api, subresources
from sandbox.cluster.access import User
from sandbox.cluster.api import Reply
from sandbox.cluster.errors import ApiError
from sandbox.cluster.faults import BEFORE, Fault, Faults
from sandbox.cluster.journal import Journal
from sandbox.cluster.routes import Call
from sandbox.cluster.simulation import Simulation
from sandbox.cluster.watches import Watch


def wall_clock() -> datetime:
    """Return the machine's time."""
    return datetime.now(UTC)


class Server:
    """Decides every request, one at a time.

    Args:
        simulation: the cluster's state.
        now: its clock.
        users: accounts by token; none means that everybody may do everything.
    """

    def __init__(self, simulation: Simulation, now: Callable[[], datetime], users: Mapping[str, User]) -> None:
        self.simulation = simulation
        self.now = now
        self.users = dict(users)
        self.faults = Faults()
        self.journal = Journal()
        self.changed = threading.Condition(threading.RLock())
        self.stopping = threading.Event()

    def run(self) -> None:
        """Let everything happen that is due; wake who waits for it."""
        with self.changed:
            before = self.simulation.store.version
            self.simulation.run_until(self.now())
            if self.simulation.store.version != before:
                self.changed.notify_all()

    def keep_time(self) -> None:
        """Run what becomes due, when it becomes due, until the server stops; for a clock that moves by itself."""
        with self.changed:
            while not self.stopping.is_set():
                self.run()
                due = self.simulation.agenda.next_due()
                self.changed.wait(None if due is None else max((due - self.now()).total_seconds(), 0.0))

    def stop(self) -> None:
        """Wake everything that waits, so that it ends."""
        self.stopping.set()
        with self.changed:
            self.changed.notify_all()

    def decide(self, user: User, call: Call) -> tuple[Reply, Fault | None]:
        """Return the answer to a request and the fault that meets it, after its effect.

        Raises:
            ApiError: the refusal.
        """
        with self.changed:
            self.run()
            reply, fault = self._decided(user, call)
            self.run()
            self.changed.notify_all()
            return reply, fault

    def _decided(self, user: User, call: Call) -> tuple[Reply, Fault | None]:
        fault = None
        try:
            access.check(user, call)
            fault = self.faults.take(call)
            if fault is not None and fault.answer in BEFORE:
                self._note(user, call, Reply(code=0, body=""), fault)
                return Reply(code=0, body=""), fault
            if fault is not None and isinstance(fault.answer, int):
                raise fault.error()
            answer = subresources.answer if call.subresource else api.answer
            reply = answer(self.simulation, call)
        except ApiError as refusal:
            self._note(user, call, Reply(code=refusal.code, body=""), fault)
            if fault is None or isinstance(fault.answer, int):
                raise
            return Reply(code=refusal.code, body=refusal.status()), fault
        self._note(user, call, reply, fault)
        return reply, fault

    def _note(self, user: User, call: Call, reply: Reply, fault: Fault | None) -> None:
        if call.mutating:
            met = "" if fault is None else str(fault.answer)
            self.journal.write(self.now(), user.name, call, code=reply.code, effect=reply.effect, fault=met)

    def watch(self, user: User, call: Call) -> tuple[Watch, Fault | None]:
        """Begin a watch.

        Raises:
            ApiError: the refusal.
        """
        with self.changed:
            self.run()
            access.check(user, call)
            fault = self.faults.take(call)
            if fault is not None and isinstance(fault.answer, int):
                raise fault.error()
            return Watch(self.simulation, call), fault

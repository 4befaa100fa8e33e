"""What can happen, each a value that hypothesis draws and shrinks, and that can be written down as an example."""

import json
from dataclasses import dataclass
from typing import Any

from hypothesis import strategies as st

from firebrigade.responder.model import AlertStatus
from sandbox.cluster import Fault
from sandbox.faults import Fault as AnyFault
from tests.responder.ordeal.fuse import Mishap
from tests.responder.ordeal.trial import AGENT, RUNBOOKS, Trial

_DEPLOYMENT = "/apis/apps/v1/namespaces/shop/deployments/checkout"


@dataclass(frozen=True)
class Fires:
    """An alert, about the pod with a number."""

    name: str
    pod: int = 0

    def happen(self, trial: Trial) -> None:
        pods = trial.pods()
        trial.alert(
            self.name, AlertStatus.FIRING, pods[self.pod % len(pods)] if pods and self.name == "PodSick" else ""
        )


@dataclass(frozen=True)
class Resolves:
    """The alert is over by itself."""

    name: str

    def happen(self, trial: Trial) -> None:
        trial.alert(self.name, AlertStatus.RESOLVED)


@dataclass(frozen=True)
class Works:
    """A replica does one piece of work."""

    replica: int = 0
    mishap: Mishap | None = None

    def happen(self, trial: Trial) -> None:
        trial.work(self.replica, self.mishap)


@dataclass(frozen=True)
class Passes:
    """Time in which nobody works."""

    seconds: int

    def happen(self, trial: Trial) -> None:
        trial.passes(self.seconds)


@dataclass(frozen=True)
class Fails:
    """The API server answers the next requests badly."""

    answer: int | str
    writes: bool = True
    times: int = 1

    def happen(self, trial: Trial) -> None:
        for verb in ("create", "patch", "delete") if self.writes else ("get", "list"):
            retry_after = 30 if self.answer == 429 else None
            trial.fail(Fault(answer=self.answer, verb=verb, times=self.times, retry_after=retry_after))


@dataclass(frozen=True)
class Sick:
    """A pod is not ready any more, or ready again."""

    pod: int
    mood: str = "never-ready"

    def happen(self, trial: Trial) -> None:
        pods = trial.pods()
        if pods:
            trial.cluster.trouble("shop", pods[self.pod % len(pods)], self.mood)


@dataclass(frozen=True)
class Silent:
    """The agent is not heard any more; a deaf one stays so whatever its supervisor does."""

    deaf: bool = False

    def happen(self, trial: Trial) -> None:
        trial.supervisor.fail(AGENT, deaf=self.deaf)


@dataclass(frozen=True)
class SupervisorFails:
    """The supervisor answers the next requests badly."""

    answer: int | str
    method: str = "POST"
    times: int = 1

    def happen(self, trial: Trial) -> None:
        fault = AnyFault(answer=self.answer, match={"method": self.method}, times=self.times)
        trial.supervisor.faults.switch_on(fault)


@dataclass(frozen=True)
class Deploys:
    """A person rolls out an image."""

    image: str

    def happen(self, trial: Trial) -> None:
        _edit(trial, {"template": {"spec": {"containers": [{"name": "main", "image": self.image}]}}})


@dataclass(frozen=True)
class Scales:
    """A person sets the number of replicas."""

    replicas: int

    def happen(self, trial: Trial) -> None:
        _edit(trial, {"replicas": self.replicas})


@dataclass(frozen=True)
class Answers:
    """A person answers what is asked."""

    approve: bool

    def happen(self, trial: Trial) -> None:
        trial.answer(approve=self.approve)


@dataclass(frozen=True)
class Switches:
    """A person switches automation off, or on again."""

    on: bool

    def happen(self, trial: Trial) -> None:
        trial.store.switch_automation(self.on, "anna", trial.now)


@dataclass(frozen=True)
class Slow:
    """Pods take long to become ready from now on."""

    seconds: int

    def happen(self, trial: Trial) -> None:
        trial.cluster.set_pace(ready_after_seconds=self.seconds)


Event = (
    Fires
    | Resolves
    | Works
    | Passes
    | Fails
    | Sick
    | Silent
    | SupervisorFails
    | Deploys
    | Scales
    | Answers
    | Switches
    | Slow
)


def _edit(trial: Trial, spec: dict[str, Any]) -> None:
    body = json.dumps({"spec": spec}).encode()
    trial.person("PATCH", _DEPLOYMENT, body, "application/strategic-merge-patch+json")


_names = st.sampled_from(sorted(RUNBOOKS))
_pods = st.integers(0, 2)
_mishaps = st.builds(Mishap, at=st.integers(0, 14), sleeps=st.sampled_from([None, None, 0, 60, 360, 1200]))
_answers = [409, 429, 500, 503, 504, "drop-before", "drop-after", "hang-before", "hang-after"]
_supervisor: list[int | str] = [429, 500, 503, "drop-before", "drop-after"]
_works = st.builds(Works, st.integers(0, 1), st.one_of(st.none(), _mishaps))
_fails = st.builds(Fails, st.sampled_from(_answers), st.sampled_from([True, True, False]), st.sampled_from([1, 2, 4]))
_others: list[st.SearchStrategy[Event]] = [
    st.builds(Resolves, _names),
    st.builds(Sick, _pods, st.sampled_from(["never-ready", "serves", "killed"])),
    st.builds(Silent, st.booleans()),
    st.builds(
        SupervisorFails, st.sampled_from(_supervisor), st.sampled_from(["POST", "POST", "GET"]), st.integers(1, 3)
    ),
    st.builds(Deploys, st.sampled_from(["checkout:2.0", "checkout:3.0-broken", "checkout:1.0"])),
    st.builds(Scales, st.integers(1, 4)),
    st.builds(Answers, st.booleans()),
    st.builds(Switches, st.booleans()),
    st.builds(Slow, st.sampled_from([1, 10**6])),
]
_passes = st.builds(Passes, st.sampled_from([2, 10, 60, 130, 330, 900]))
_yes = st.just(Answers(True))
_happens: st.SearchStrategy[Event] = st.one_of(_works, _works, _works, _works, _fails, _passes, _yes, *_others)


def _trouble(name: str, pod: int) -> list[Event]:
    """Return an alert, after what its runbook can repair."""
    if name == "PodSick":
        return [Sick(pod), Fires(name, pod), Works(), Works()]
    if name == "AgentFailed":
        return [Silent(deaf=pod == 0), Fires(name), Works(), Works()]
    before: list[Event] = [Deploys("checkout:3.0-broken"), Passes(60)] if name == "BadRollout" else []
    return [*before, Fires(name), Works(), Works()]


_chapters = st.tuples(st.builds(_trouble, _names, _pods), st.lists(_happens, min_size=5, max_size=12))
scripts = st.lists(_chapters, min_size=1, max_size=3).map(
    lambda chapters: [event for opening, rest in chapters for event in (*opening, *rest)]
)
"""One to three troubles, each with what happens until the next."""

"""One scenario: what is wrong in which world, what gets in the way, and what is right. Drawn from a seed; data only."""

from dataclasses import dataclass
from datetime import timedelta
from enum import StrEnum

from firebrigade.responder.model import Automation
from firebrigade.runbooks.modes import AutomationMode
from sandbox.cluster import Fault
from sandbox.virtual.troubles import Cure, Symptom, Workload


class Kind(StrEnum):
    """What the scenario is about, in the words of the table."""

    CRASH_LOOP = "crash-loop"
    BAD_ROLLOUT = "bad-rollout"
    OUT_OF_MEMORY = "out-of-memory"
    FAILED_AGENT = "failed-agent"
    NODE_GONE = "node-gone"
    LATENCY = "latency"
    API_OUTAGE = "api-outage"
    WRONG_LABELS = "wrong-labels"


class Owner(StrEnum):
    """Who else decides about the workload."""

    NOBODY = ""
    AUTOSCALER = "an autoscaler"
    ARGO = "Argo CD"
    FLUX = "Flux"


class Budget(StrEnum):
    """What its disruption budget allows."""

    NONE = ""
    ONE = "one pod at a time"
    NO_POD = "no pod at all"


class Person(StrEnum):
    """Who answers when a plan waits for a person."""

    NOBODY = ""
    APPROVES = "approves"
    REJECTS = "rejects"


@dataclass(frozen=True, slots=True, kw_only=True)
class Cause:
    """What is wrong with one workload, and where it comes from.

    Attributes:
        pods: how many are sick, where the trouble is theirs alone.
        rolled_out: how long before the trouble an image was rolled out; None: never, and there is one revision.
        enough: how many replicas are enough, where more pods cure.
        old_fails: requests to the revision before fail by now, as after a database's migration.
    """

    symptom: Symptom
    cure: Cure
    pods: int = 1
    rolled_out: timedelta | None = None
    enough: int = 0
    old_fails: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Outage:
    """The cluster's API does not answer for a while; ``after`` is from the trouble's begin on."""

    answer: int | str
    after: timedelta
    lasts: timedelta


@dataclass(frozen=True, slots=True, kw_only=True)
class LostNode:
    """A node that is not heard of any more, and is taken out of the cluster later, or never."""

    removed_after: timedelta | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Obstacles:
    """What gets in the way of a repair.

    Attributes:
        faults: what the cluster's API answers to the first requests after the alert.
        supervisor_fails: to how many requests the supervisor answers 503.
        maintenance: how long after the trouble's begin planned work on the workload ends; None: there is none.
        returns: how often the trouble comes back, each time so long after it was repaired.
        labels: what became of the alert's labels, in words; see ``labels.py``.
        others_roll_out: something healthy beside it is being rolled out at that moment.
    """

    owner: Owner = Owner.NOBODY
    budget: Budget = Budget.NONE
    faults: tuple[Fault, ...] = ()
    supervisor_fails: int = 0
    outage: Outage | None = None
    maintenance: timedelta | None = None
    returns: int = 0
    returns_after: timedelta = timedelta(minutes=20)
    labels: str = ""
    others_roll_out: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Scenario:
    """Everything that a trial needs to know.

    Attributes:
        seed: of names and UIDs in its cluster.
        workload: what is in trouble.
        cause: None where a node is lost.
        beside: how many more workloads of the same kind run beside it and have the same trouble at once.
        repairable: whether a bundled runbook can repair it, so that it has to.
        because: why, or why not, in words.
    """

    number: int
    seed: int
    kind: Kind
    workload: Workload
    cause: Cause | None
    node: LostNode | None = None
    beside: int = 0
    mode: AutomationMode = AutomationMode.AUTO
    person: Person = Person.NOBODY
    policy: Automation = Automation.PARALLEL
    obstacles: Obstacles = Obstacles()
    repairable: bool
    because: str

    def __str__(self) -> str:
        return ", ".join(filter(None, [self.kind.value, *self._words()]))

    def _words(self) -> list[str]:
        found, ways = self.cause, self.obstacles
        words = [f"{self.workload} with {self.workload.replicas} replicas"]
        words += [] if self.workload.scraped else ["which nobody scrapes"]
        if found is not None:
            words.append(f"{found.symptom.value}, cured by {found.cure.value}")
            words.append(f"rolled out {found.rolled_out} before" if found.rolled_out else "")
            words.append("requests to the revision before fail" if found.old_fails else "")
        if self.node is not None:
            after = self.node.removed_after
            words.append(f"its node is removed after {after}" if after else "its node stays")
        words.append(f"{self.beside} others as well" if self.beside else "")
        words.append(f"mode {self.mode.value}" if self.mode is not AutomationMode.AUTO else "")
        words.append(f"a person {self.person.value}" if self.person else "")
        words.append(f"owned by {ways.owner.value}" if ways.owner else "")
        words.append(f"its budget allows {ways.budget.value}" if ways.budget else "")
        words += [f"the API answers {one.answer} to {one.verb} {one.times}×" for one in ways.faults]
        words.append(f"the supervisor fails {ways.supervisor_fails}×" if ways.supervisor_fails else "")
        if ways.outage:
            words.append(f"no API ({ways.outage.answer}) for {ways.outage.lasts} after {ways.outage.after}")
        words.append(f"maintenance for {ways.maintenance}" if ways.maintenance else "")
        words.append(f"comes back {ways.returns} times" if ways.returns else "")
        words.append(f"labels: {ways.labels}" if ways.labels else "")
        words.append("a rollout beside it" if ways.others_roll_out else "")
        return words

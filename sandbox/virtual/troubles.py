"""What can be wrong with a workload, and what cures it: the truth of a virtual world, which nobody else is told.

A trouble is asked what becomes of each pod that starts, whether a pod answers, and what its requests are like.
``world.py`` keeps it up while time passes.
"""

from collections.abc import Sequence
from dataclasses import dataclass, field
from enum import StrEnum

from sandbox.cluster.resources import Json


@dataclass(frozen=True, slots=True, kw_only=True)
class Workload:
    """One workload of the world: ``deployment`` or ``statefulset``; its pods carry its name as the label ``app``.

    Attributes:
        scraped: Prometheus scrapes its pods; of others it knows what kube-state-metrics tells.
    """

    namespace: str
    name: str
    kind: str = "deployment"
    replicas: int = 1
    scraped: bool = True

    @property
    def plural(self) -> str:
        """Its kind as the API's paths say it."""
        return f"{self.kind}s"

    def __str__(self) -> str:
        return f"{self.kind}/{self.namespace}/{self.name}"


class Symptom(StrEnum):
    """What can be seen of a sick pod."""

    HANGS = "hangs"  # it is ready, and answers nothing
    NEVER_READY = "never ready"
    CRASHES = "crashes"
    OUT_OF_MEMORY = "out of memory"  # it serves for a while, and is killed
    ERRORS = "errors"
    SLOW = "slow"
    FAILED = "failed"  # an agent that its supervisor does not hear


class Cure(StrEnum):
    """What makes it go away."""

    NEW_POD = "a new pod"
    ROLL_BACK = "the revision before"
    MORE_PODS = "more pods"
    RECOVERY = "the supervisor"
    NOTHING = "nothing that a machine can do"


FATES = {Symptom.NEVER_READY: "never-ready", Symptom.CRASHES: "crashes"}
UNANSWERING = {Symptom.HANGS, Symptom.NEVER_READY, Symptom.CRASHES}


@dataclass(slots=True, kw_only=True)
class Trouble:
    """One workload's trouble.

    Attributes:
        pods: how many of its pods are sick where the trouble is the pods' own.
        bad_image: the image whose pods are sick, where an earlier revision cures.
        enough: from how many replicas on nothing is wrong, where more pods cure.
        sick: the UIDs of sick pods, where the trouble is the pods' own.
        killing: the UIDs of the pods that run out of memory just now.
        known: the UIDs of all pods that were ever asked about.
    """

    workload: Workload
    symptom: Symptom
    cure: Cure
    pods: int = 1
    bad_image: str = ""
    enough: int = 0
    begun: bool = False
    sick: set[str] = field(default_factory=set)
    killing: set[str] = field(default_factory=set)
    known: set[str] = field(default_factory=set)

    def is_sick(self, pod: Json, wanted: int) -> bool:
        """Return whether a pod is sick; ``wanted`` is how many replicas its workload has to have."""
        if not self.begun or not self.is_of(pod):
            return False
        if self.cure is Cure.ROLL_BACK:
            return any(one["image"] == self.bad_image for one in pod["spec"]["containers"])
        if self.cure is Cure.MORE_PODS:
            return wanted < self.enough
        return str(pod["metadata"]["uid"]) in self.sick

    def fate(self, pod: Json, wanted: int) -> str:
        """Return what becomes of a pod that starts now, as ``Cluster.doom`` asks; empty where nothing does."""
        uid = str(pod["metadata"]["uid"])
        if uid in self.killing:
            return "killed"
        return FATES.get(self.symptom, "") if self.is_sick(pod, wanted) else ""

    def spread(self, present: Sequence[Json]) -> None:
        """Let new pods take the sickness over from those that are gone, where no new pod cures it."""
        uids = {str(pod["metadata"]["uid"]) for pod in present}
        for pod in sorted(present, key=lambda one: str(one["metadata"]["name"])):
            uid = str(pod["metadata"]["uid"])
            if self.cure is Cure.NOTHING and uid not in self.known and len(self.sick & uids) < self.pods:
                self.sick.add(uid)
        self.known |= uids

    def is_of(self, pod: Json) -> bool:
        """Return whether a pod is one of the workload's."""
        metadata = pod["metadata"]
        labels = metadata.get("labels") or {}
        return (metadata["namespace"], labels.get("app")) == (self.workload.namespace, self.workload.name)

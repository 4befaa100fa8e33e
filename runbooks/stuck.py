"""Whether the pods that a change has made can't start, so that nobody waits for the rest of the time. Pure.

The actions that make pods ask, each for the pods of its own change, while these are not all ready.

https://kubernetes.io/docs/concepts/containers/images/#imagepullbackoff
https://kubernetes.io/docs/concepts/workloads/pods/pod-lifecycle/#restart-policy
"""

from collections.abc import Sequence
from dataclasses import replace

from firebrigade.runbooks import workloads
from firebrigade.runbooks.contract import Health, Json, Verdict

CRASHES = 3  # restarts of one container; the waits before them add up to more than half a minute
_CAN_NOT_START = {"ImagePullBackOff", "ErrImageNeverPull", "InvalidImageName"}
_CRASHES = "CrashLoopBackOff"


def unless_stuck(verdict: Verdict, pods: Sequence[Json]) -> Verdict:
    """Return the verdict, or a failed one if none of the change's pods is ready and one of them can't become so.

    Args:
        verdict: of the workload as a whole; only a waiting one can turn.
        pods: those that the change has made.
    """
    if verdict.health is not Health.WAITING or not (why := why_stuck(pods)):
        return verdict
    return replace(verdict, health=Health.FAILED, summary=f"{verdict.summary} {why}")


def why_stuck(pods: Sequence[Json]) -> str:
    """Return why pods of one template don't start, or nothing; where one is ready it is not the template's fault."""
    staying = [pod for pod in pods if not workloads.terminating(pod)]
    if any(map(workloads.pod_ready, staying)):
        return ""
    return next((why for pod in staying for one in _containers(pod) if (why := _why(workloads.name(pod), one))), "")


def _why(pod: str, container: Json) -> str:
    reason = ((container.get("state") or {}).get("waiting") or {}).get("reason", "")
    if reason in _CAN_NOT_START:
        return f"The new pod {pod} can't start: {reason}."
    restarts = int(container.get("restartCount", 0))
    if reason == _CRASHES and restarts >= CRASHES:
        return f"The new pod {pod} was restarted {restarts} times and crashes again: {reason}."
    return ""


def _containers(pod: Json) -> list[Json]:
    status = pod.get("status") or {}
    return [*(status.get("initContainerStatuses") or []), *(status.get("containerStatuses") or [])]

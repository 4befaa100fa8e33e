"""What can become of an alert's labels on their way: they are lost, wrong, or not to be trusted."""

from collections.abc import Callable, Mapping

Labels = dict[str, str]


def _without(*names: str) -> Callable[[Labels], Labels]:
    return lambda labels: {name: value for name, value in labels.items() if name not in names}


def _with(**values: str) -> Callable[[Labels], Labels]:
    return lambda labels: {**labels, **{name: value for name, value in values.items() if name in labels}}


def _upper(name: str, value: str) -> str:
    return value if name == "alertname" else value.upper()


def _same(labels: Labels) -> Labels:
    return labels


WRONG: Mapping[str, Callable[[Labels], Labels]] = {
    "": _same,
    "no namespace": _without("namespace"),
    "no name of anything": _without("pod", "deployment", "agent_id"),
    "no labels at all": _without("namespace", "pod", "deployment", "agent_id", "service", "endpoint", "container"),
    "a namespace that nobody may touch": _with(namespace="payments"),
    "a namespace that does not exist": _with(namespace="neurectomie"),
    "a pod and a deployment that do not exist": _with(
        pod="ghost-57fcd9fdc4-x2x2x", deployment="ghost", agent_id="ghost"
    ),
    "a path in the place of a name": _with(pod="../../../nodes/node-1", deployment="../x", agent_id="../agent-02"),
    "a command in the place of a name": _with(pod="$(reboot)", deployment="; reboot #", agent_id="`reboot`"),
    "a query in the place of a name": _with(deployment='orders"} or vector(1) #', pod='x"}', agent_id='x"} or on()'),
    "an empty namespace": _with(namespace=""),
    "upper case": lambda labels: {
        name: value if name == "alertname" else value.upper() for name, value in labels.items()
    },
    "thousands of characters": _with(pod="a" * 5000, deployment="b" * 5000, agent_id="c" * 5000),
    "what is healthy in the place of what is not": _with(pod="", deployment="catalog", agent_id="agent-02"),
}
"""By what is said of them; the last one names what there is and what needs nothing."""

"""Series that are put together otherwise: by another operation, another function, other labels."""

from collections.abc import Iterator
from dataclasses import replace

from firebrigade.rules.mutation.tree import Aggregation, Binary, Call, Tree

_OPERATORS = {
    "sum": ("max",),
    "avg": ("sum", "max"),
    "max": ("min", "sum"),
    "min": ("max", "sum"),
    "count": ("sum",),
    "topk": ("bottomk",),
    "bottomk": ("topk",),
}
_FUNCTIONS = {
    "rate": ("increase", "irate"),
    "irate": ("rate",),
    "increase": ("rate",),
    "delta": ("idelta", "increase"),
    "avg_over_time": ("max_over_time", "min_over_time"),
    "max_over_time": ("min_over_time", "avg_over_time"),
    "min_over_time": ("max_over_time", "avg_over_time"),
    "sum_over_time": ("avg_over_time",),
    "last_over_time": ("max_over_time", "min_over_time"),
}
_SUPERFLUOUS = ("abs", "absent", "absent_over_time", "ceil", "clamp_max", "clamp_min", "floor", "round")


def changes(tree: Tree) -> Iterator[tuple[str, Tree]]:
    """Yield what becomes of an aggregation, of a function's call, or of the labels that two sides are matched by."""
    if isinstance(tree, Aggregation):
        for other in _OPERATORS.get(tree.operator, ()):
            yield f"{tree.operator} becomes {other}", replace(tree, operator=other)
        for label, labels in _without_each(tree.labels):
            yield f"label {label} of {tree.operator} {tree.grouping} is dropped", replace(tree, labels=labels)
    elif isinstance(tree, Call):
        for other in _FUNCTIONS.get(tree.function, ()):
            yield f"{tree.function} becomes {other}", replace(tree, function=other)
        if tree.function in _SUPERFLUOUS:
            yield f"{tree.function} is dropped", tree.arguments[0]
    elif isinstance(tree, Binary):
        for label, labels in _without_each(tree.labels):
            yield f"label {label} of {tree.operator} {tree.matching} is dropped", replace(tree, labels=labels)
        for label, labels in _without_each(tree.included):
            yield f"label {label} of {tree.operator} {tree.side} is dropped", replace(tree, included=labels)


def _without_each(labels: tuple[str, ...]) -> Iterator[tuple[str, tuple[str, ...]]]:
    for number, label in enumerate(labels):
        yield label, labels[:number] + labels[number + 1 :]

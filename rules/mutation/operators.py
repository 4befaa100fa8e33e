"""Comparisons that hold a little more or less often, and clauses that are joined otherwise or left out."""

from collections.abc import Iterator
from dataclasses import replace

from firebrigade.rules.mutation.tree import SET_OPERATORS, Binary, Number, Tree

# Cases that notice these notice all six: the others differ from the original wherever one of these does (Kaminski,
# Ammann and Offutt, "Improving logic-based testing", 2013; their third, "never", is noticed by any firing case).
_NEIGHBOURS = {
    ">": (">=", "!="),
    ">=": (">", "=="),
    "<": ("<=", "!="),
    "<=": ("<", "=="),
    "==": ("<=", ">="),
    "!=": ("<", ">"),
}


def changes(tree: Tree) -> Iterator[tuple[str, Tree]]:
    """Yield what becomes of a comparison or of clauses that are joined."""
    if not isinstance(tree, Binary):
        return
    limit = f" {tree.right.written}" if isinstance(tree.right, Number) else ""
    for other in _NEIGHBOURS.get(tree.operator, ()):
        yield f"{tree.operator}{limit} becomes {other}{limit}", replace(tree, operator=other)
    if tree.operator in SET_OPERATORS:
        yield from _clauses(tree)


def _clauses(tree: Binary) -> Iterator[tuple[str, Tree]]:
    for other in SET_OPERATORS:
        if other != tree.operator:
            yield f"{tree.operator} becomes {other}", replace(tree, operator=other)
    yield f"what follows {tree.operator} is dropped", tree.left
    if tree.operator != "unless":  # what is excluded has other labels than what is left
        yield f"what precedes {tree.operator} is dropped", tree.right

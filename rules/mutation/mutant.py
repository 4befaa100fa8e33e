"""Mutants of one rule: everything that the families of changes make of it, and nothing that can't be loaded.

``subject.py`` and the tests call ``mutations``. It is pure: the same rule has the same mutants in the same order.
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from typing import Any

from firebrigade.rules.mutation import aggregations, keys, numbers, operators, reading, selections, writing
from firebrigade.rules.mutation.tree import Tree, everywhere

_FAMILIES = (numbers, operators, selections, aggregations)


@dataclass(frozen=True, slots=True, kw_only=True)
class Mutant:
    """One rule with one change.

    Attributes:
        change: what was changed, in a sentence that no other mutant of the rule has.
        key: the key of the rule that differs: ``expr``, ``for``, ``keep_firing_for``, ``labels`` or ``annotations``.
        rule: the changed rule, as Prometheus reads it.
    """

    change: str
    key: str
    rule: Mapping[str, Any]


def mutations(rule: Mapping[str, Any]) -> tuple[Mutant, ...]:
    """Return all mutants of a rule as Prometheus reads it.

    Raises:
        ValueError: its expression is not PromQL, or uses a part of it that is not known here.
    """
    tree = reading.parse(str(rule["expr"]))
    original = writing.text(tree)
    found: dict[str, Mutant] = {}
    for sentence, other in (one for family in _FAMILIES for one in everywhere(tree, family.changes)):
        expr = writing.text(other)
        if expr != original and expr not in found and _loads(expr, other):
            found[expr] = Mutant(change=sentence, key="expr", rule={**rule, "expr": expr})
    others = (Mutant(change=sentence, key=key, rule=changed) for sentence, key, changed in keys.changes(rule))
    return tuple(_told_apart([*found.values(), *others]))


def _loads(expr: str, meant: Tree) -> bool:
    """Say whether Prometheus would take an expression; a change may leave one that no type fits."""
    try:
        read = reading.parse(expr)
    except ValueError:
        return False
    if read != meant:
        raise AssertionError(f"{expr} is not what was meant: the tree was written wrongly")
    return True


def _told_apart(mutants: list[Mutant]) -> Iterator[Mutant]:
    """Number the changes that say the same of different places, from left to right."""
    times: dict[str, int] = {}
    for mutant in mutants:
        time = times[mutant.change] = times.get(mutant.change, 0) + 1
        yield mutant if time == 1 else replace(mutant, change=f"{mutant.change} ({time})")

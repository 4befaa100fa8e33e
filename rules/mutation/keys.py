"""A rule's keys beside its expression: how long it waits, its labels and its annotations."""

from collections.abc import Iterator, Mapping
from datetime import timedelta
from typing import Any

from firebrigade.rules.durations import Duration
from firebrigade.rules.mutation import writing

Rule = Mapping[str, Any]


def changes(rule: Rule) -> Iterator[tuple[str, str, Rule]]:
    """Yield a sentence, the key that changed, and what the rule becomes; ``rule`` is as Prometheus reads it."""
    if "alert" in rule:
        yield from _waiting(rule)
        yield from _firing_on(rule)
    for name, value in (rule.get("labels") or {}).items():
        for sentence, others in ((f"becomes {value}-other", {name: f"{value}-other"}), ("is dropped", {})):
            yield f"label {name} {value} {sentence}", "labels", _with(rule, "labels", name, others)
    for name in rule.get("annotations") or {}:
        yield f"annotation {name} is dropped", "annotations", _with(rule, "annotations", name, {})


def _waiting(rule: Rule) -> Iterator[tuple[str, str, Rule]]:
    written = str(rule.get("for", "0s"))
    length = Duration(written).length
    for other in (timedelta(), length / 2, length * 2) if length else (timedelta(minutes=1),):
        yield f"for {written} becomes {writing.duration(other)}", "for", {**rule, "for": writing.duration(other)}


def _firing_on(rule: Rule) -> Iterator[tuple[str, str, Rule]]:
    key = "keep_firing_for"
    if key not in rule:
        return
    length = Duration(str(rule[key])).length
    for other in (timedelta(), length / 2, length * 2):
        yield f"{key} {rule[key]} becomes {writing.duration(other)}", key, {**rule, key: writing.duration(other)}


def _with(rule: Rule, key: str, name: str, others: Mapping[str, str]) -> Rule:
    kept = {one: value for one, value in rule[key].items() if one != name}
    return {**rule, key: {**kept, **others}}

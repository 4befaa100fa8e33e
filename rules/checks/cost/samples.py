"""Rules that read too much."""

from collections.abc import Iterator

from firebrigade.rules.checks.kinds import SetCheck
from firebrigade.rules.checks.subjects import Entry, RuleSet
from firebrigade.rules.document import KeyPath


def _judge(rules: RuleSet) -> Iterator[tuple[Entry, KeyPath, str]]:
    for entry in rules.entries:
        if entry.facts is not None and entry.facts.samples > rules.max_samples:
            message = (
                f"{entry.rule.name} reads about {entry.facts.samples:,} samples at each evaluation, and the budget is "
                f"{rules.max_samples:,}; record a shorter range and read that, or select fewer series"
            )
            yield entry, ("expr",), message


CHECK = SetCheck(
    name="cost/samples",
    severity="warning",
    explains="reads more samples at each evaluation than the budget allows (--max-samples)",
    judge=_judge,
)

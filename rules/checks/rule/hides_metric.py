"""Records with the name of a metric."""

from collections.abc import Iterator

from firebrigade.rules.checks.kinds import RuleCheck
from firebrigade.rules.checks.subjects import Entry
from firebrigade.rules.document import KeyPath


def _judge(entry: Entry) -> Iterator[tuple[KeyPath, str]]:
    if entry.rule.record and entry.facts is not None and entry.rule.record in entry.facts.query.contract.emitted:
        yield (
            ("record",),
            f"{entry.rule.record} is a metric already, and its series would mix; name it level:metric:operation",
        )


CHECK = RuleCheck(
    name="rule/hides-metric",
    severity="error",
    explains="records under the name of a metric, so that both are read as one",
    judge=_judge,
)

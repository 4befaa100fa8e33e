"""Rules broken on purpose, one number at a time: some promtool case must notice each.

A first measure of the tests' strength, on the text of the generated rules: every limit 10 % up and down, every state
one up, every `for` dropped and doubled.
"""

import dataclasses
import re
from collections.abc import Iterator
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest
import yaml

from firebrigade.rules import cases, expressions, library
from firebrigade.rules.cases import Case
from firebrigade.rules.durations import Duration
from firebrigade.rules.promtool import Promtool

LIMIT = re.compile(r"(?P<operator>>=|==|>|<) (?P<number>[0-9.]+)(?= *\n|\s*$|\s+and|,)")
# The tiers come from one function: the first and the last stand for all of them.
TIERS = {"", "page-express", "ticket-slow"}
# No case has so little traffic for so long: 100 requests in a day are one in a quarter of an hour.
UNTESTED = re.compile(r"rate(1h|6h|1d|3d)\{.*\) \* \d+ >= 100")

Mutant = tuple[Path, int, int, dict[str, Any], bool]


def _mutants() -> Iterator[Any]:
    for path in sorted(library.generated().glob("alerts-*.yaml")) + sorted(library.generated().glob("slo-*.yaml")):
        for group, written in enumerate(yaml.safe_load(path.read_text())["groups"]):
            for number, rule in enumerate(written["rules"]):
                mutable = "alert" in rule and rule["labels"].get("tier", "") in TIERS
                for sentence, change, timing in _changes(rule) if mutable else ():
                    name = " ".join(filter(None, [rule["alert"], _which(rule)]))
                    yield pytest.param((path, group, number, change, timing), id=f"{name}: {sentence}")


def _which(rule: dict[str, Any]) -> str:
    labels = rule["labels"]
    return labels.get("tier") or "-".join(labels[key] for key in ("namespace", "deployment") if key in labels)


def _changes(rule: dict[str, Any]) -> Iterator[tuple[str, dict[str, Any], bool]]:
    """Yield a sentence, the changed key, and whether the alert comes or ends at another time rather than not at all."""
    for hold in ("1m",) if rule["for"] == "0m" else ("0m", f"{Duration(rule['for']).seconds * 2}s"):
        yield f"for {hold} instead of {rule['for']}", {"for": hold}, True
    for number, match in enumerate(LIMIT.finditer(rule["expr"])):
        line = rule["expr"][: match.end()].rpartition("\n")[2]
        for other in () if UNTESTED.search(line) else _others(match["number"]):
            expr = rule["expr"][: match.start("number")] + other + rule["expr"][match.end("number") :]
            sentence = f"limit {number}, {match['operator']} {other} instead of {match['number']}"
            yield sentence, {"expr": expr}, Decimal(other) < Decimal(match["number"])


def _others(number: str) -> tuple[str, ...]:
    value = Decimal(number)
    if value <= 2 and value == int(value):
        return (str(int(value) + 1),)
    return tuple(f"{value * factor:f}" for factor in (Decimal("0.9"), Decimal("1.1")))


def _cases(path: Path, telling: bool) -> list[Case]:
    """The cases of a rule file: the quick ones first, or those that look most often."""
    loaded = [one for one in map(cases.load, library.tests()) if path.name in one.cases[0].text]
    found = [case for one in loaded for case in one.cases]
    return sorted(
        found, key=lambda c: (-len(c.written.promql_expr_test), -_minutes(c)) if telling else (_minutes(c), 0)
    )


def _minutes(case: Case) -> int:
    times = [a.eval_time.seconds for a in case.written.alert_rule_test]
    times += [Duration(str(e["eval_time"])).seconds for e in case.written.promql_expr_test]
    return max(times)


MUTANTS = list(_mutants())


@pytest.mark.parametrize("mutant", MUTANTS)
def test_a_case_notices(mutant: Mutant, tmp_path: Path) -> None:
    path, group, number, change, timing = mutant
    # A limit that is too high is noticed just above it; what comes too early or late, where each minute is looked at.
    telling = timing and path.name.startswith("slo-")
    rules = yaml.safe_load(path.read_text())
    rules["groups"][group]["rules"][number].update(change)
    mutated = tmp_path / path.name
    mutated.write_text(yaml.safe_dump(rules))
    expressions.parse(rules["groups"][group]["rules"][number]["expr"])  # a mutant that can't load proves nothing
    swapped = (dataclasses.replace(c, text=c.text.replace(str(path), str(mutated))) for c in _cases(path, telling))
    assert not all(Promtool().run_case(case).passed for case in swapped)


def test_there_are_mutants_of_every_alert() -> None:
    mutated = {param.id.split(" ")[0].rstrip(":") for param in MUTANTS}
    alerts = {
        rule["alert"]
        for path in library.generated().glob("*.yaml")
        for group in yaml.safe_load(path.read_text())["groups"]
        for rule in group["rules"]
        if "alert" in rule
    }
    assert mutated == alerts

"""Rules broken on purpose, one number at a time: some promtool case must notice each.

A first measure of the tests' strength, on the text of the generated rules: limits 10 % up and down, states one up,
`for` dropped and doubled.
"""

import dataclasses
import re
from collections.abc import Iterator
from decimal import Decimal
from functools import cache
from pathlib import Path
from typing import Any
from zlib import crc32

import pytest
import yaml

from firebrigade.rules import cases, expressions, library
from firebrigade.rules.cases import Case, Loaded
from firebrigade.rules.durations import Duration
from firebrigade.rules.promtool import Promtool

LIMIT = re.compile(r"(?P<operator>>=|==|>|<) (?P<number>[0-9.]+)(?= *\n|\s*$|\s+and|,)")
# All burn alerts come from one function. Of one SLO, whose cases tell the long from the short window, the first and the
# last tier stand for all of them, and each number is changed by itself; of the others the last tier's limit is.
THOROUGH = "requests-availability"
TIERS = {"", "page-express", "ticket-slow"}
# No case of that SLO has so little traffic for so long: 100 requests in a day are one in a quarter of an hour.
UNTESTED = re.compile(r"neurectomy-api-requests-availability\"\}\) \* (3600|21600|86400|259200) >= 100")
# A prediction of 0 bytes and one of 1 byte are the same.
SAME = re.compile(r"predict_linear")
# A sixth of the mutants, always the same ones, keep the suite quick; each alert has some.
SAMPLE = 6
# What only ever has whole numbers: 3.3 instead of 3 would be the same rule.
COUNTED = re.compile(r"round\(|changes\(|abs\(|count by|consecutive")

Mutant = tuple[Path, int, int, dict[str, Any], bool]


def _mutants() -> Iterator[Any]:
    for path in sorted(library.generated().glob("alerts-*.yaml")) + sorted(library.generated().glob("slo-*.yaml")):
        for group, written in enumerate(yaml.safe_load(path.read_text())["groups"]):
            for number, rule in enumerate(written["rules"]):
                for sentence, change, timing in _changes(rule) if "alert" in rule else ():
                    name = " ".join(filter(None, [rule["alert"], _which(rule)]))
                    yield pytest.param((path, group, number, change, timing), id=f"{name}: {sentence}")


def _which(rule: dict[str, Any]) -> str:
    labels = rule["labels"]
    return labels.get("tier") or "-".join(labels[key] for key in ("namespace", "deployment") if key in labels)


def _changes(rule: dict[str, Any]) -> Iterator[tuple[str, dict[str, Any], bool]]:
    """Yield a sentence, the changed key, and whether the alert comes or ends at another time rather than not at all."""
    slo, tier = (rule["labels"].get(key, "") for key in ("slo", "tier"))
    if slo and slo != THOROUGH:
        yield from _other_limits(rule["expr"]) if tier == "ticket-slow" else ()
        return
    if tier not in TIERS:
        return
    for hold in ("1m",) if rule["for"] == "0m" else ("0m", f"{Duration(rule['for']).seconds * 2}s"):
        yield f"for {hold} instead of {rule['for']}", {"for": hold}, True
    for number, match in enumerate(LIMIT.finditer(rule["expr"])):
        line = rule["expr"][: match.end()].rpartition("\n")[2]
        for other in (
            ()
            if UNTESTED.search(line) or SAME.search(line)
            else _others(match["number"], counted=bool(COUNTED.search(rule["expr"])))
        ):
            expr = rule["expr"][: match.start("number")] + other + rule["expr"][match.end("number") :]
            sentence = f"limit {number}, {match['operator']} {other} instead of {match['number']}"
            yield sentence, {"expr": expr}, Decimal(other) < Decimal(match["number"])


def _other_limits(expr: str) -> Iterator[tuple[str, dict[str, Any], bool]]:
    """Yield both windows' limit changed at once, and the traffic guard."""
    for operator, number in dict.fromkeys((match["operator"], match["number"]) for match in LIMIT.finditer(expr)):
        for other in _others(number):
            changed = expr.replace(f"{operator} {number}", f"{operator} {other}")
            yield f"{operator} {other} instead of {number}", {"expr": changed}, False


def _others(number: str, *, counted: bool = False) -> tuple[str, ...]:
    value = Decimal(number)
    if counted and 2 < value < 10:
        return (str(value - 1), str(value + 1))
    if value <= 2 and value == int(value):
        return (str(int(value) + 1),)
    return tuple(f"{value * factor:f}" for factor in (Decimal("0.9"), Decimal("1.1")))


@cache
def _loaded() -> tuple[Loaded, ...]:
    return tuple(map(cases.load, library.tests()))


def _cases(path: Path, alert: str, telling: bool) -> list[Case]:
    """The cases of a rule file that speak of an alert: the quick ones first, or those that look most often."""
    loaded = [one for one in _loaded() if path in one.cases[0].rule_files]
    found = [case for one in loaded for case in one.cases if re.search(rf"\b{alert}\b", case.text)]
    return sorted(
        found, key=lambda c: (-len(c.written.promql_expr_test), -_minutes(c)) if telling else (_minutes(c), 0)
    )


def _minutes(case: Case) -> int:
    times = [a.eval_time.seconds for a in case.written.alert_rule_test]
    times += [Duration(str(e["eval_time"])).seconds for e in case.written.promql_expr_test]
    return max(times)


def _sampled(mutants: Iterator[Any]) -> Iterator[Any]:
    told: set[str] = set()
    for mutant in mutants:
        alert = mutant.id.split(" ")[0].rstrip(":")
        if alert not in told or crc32(mutant.id.encode()) % SAMPLE == 0:
            yield mutant
        told.add(alert)


MUTANTS = list(_sampled(_mutants()))


@pytest.mark.parametrize("mutant", MUTANTS)
def test_a_case_notices(mutant: Mutant, tmp_path: Path) -> None:
    path, group, number, change, timing = mutant
    # A limit that is too high is noticed just above it; what comes too early or late, where each minute is looked at.
    telling = timing and path.name.startswith("slo-")
    alert = yaml.safe_load(path.read_text())["groups"][group]["rules"][number]["alert"]
    rules = yaml.safe_load(path.read_text())
    rules["groups"][group]["rules"][number].update(change)
    mutated = tmp_path / path.name
    mutated.write_text(yaml.safe_dump(rules))
    expressions.parse(rules["groups"][group]["rules"][number]["expr"])  # a mutant that can't load proves nothing
    swapped = (
        dataclasses.replace(c, rule_files=tuple(mutated if one == path else one for one in c.rule_files))
        for c in _cases(path, alert, telling)
    )
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

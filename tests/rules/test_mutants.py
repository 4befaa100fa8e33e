"""Rules broken on purpose in one place: some promtool case must notice each.

A sample of what `firebrigade rules mutate` tries, the same in every run: it keeps the suite quick, and every alert is
in it. Of the threshold alerts nothing survives that is not declared in equivalents.yaml; of the burn-rate alerts, which
all come from one function, the limits and the waiting are tried.
"""

import re
from collections.abc import Callable, Iterator
from pathlib import Path
from zlib import crc32

import pytest

from firebrigade.rules import library
from firebrigade.rules.mutation import equivalents
from firebrigade.rules.mutation.mutant import Mutant
from firebrigade.rules.mutation.subject import Subject, subjects
from firebrigade.rules.mutation.trial import Trials
from firebrigade.rules.testing import cases
from firebrigade.rules.testing.casecache import RunsCases

# One mutant of so many is tried, besides one of each rule.
SAMPLE = 25
# The cases of one SLO tell the long from the short window; those of the others have the long one decide.
THOROUGH = "requests-availability"
THOROUGH_CHANGES = re.compile(r"limit > .*|for \w+ becomes (0s|1m|10m|2h)")
OTHER_CHANGES = re.compile(r"limit > \S+ becomes \S+")
LAST_TIER = "ticket-slow"

Choose = Callable[[Mutant], bool]


def _tried(subject: Subject) -> Choose:
    """Return which mutants of a rule may be tried at all."""
    if subject.place.file.name.startswith("alerts-"):
        return lambda _: True
    labels = subject.rule.get("labels") or {}
    if "alert" in subject.rule and labels.get("slo") == THOROUGH:
        return lambda mutant: THOROUGH_CHANGES.fullmatch(mutant.change) is not None
    if labels.get("tier") == LAST_TIER:
        return lambda mutant: OTHER_CHANGES.fullmatch(mutant.change) is not None
    return lambda _: False


def _sample(subject: Subject) -> Iterator[Mutant]:
    """Yield the mutants whose checksum says so; of a rule without any, the one with the smallest."""
    tried = _tried(subject)
    sums = {
        crc32(f"{subject.place.file.name} {subject.rule['expr']} {mutant.change}".encode()): mutant
        for mutant in subject.mutants()
        if tried(mutant) and not _is_declared(subject, mutant)
    }
    chosen = [number for number in sums if number % SAMPLE == 0] or sorted(sums)[:1]
    yield from (sums[number] for number in sorted(chosen))


def _is_declared(subject: Subject, mutant: Mutant) -> bool:
    return any(one.is_about(subject.change(mutant)) for one in EQUIVALENTS)


EQUIVALENTS = equivalents.load([library.equivalents()])
SUBJECTS = subjects([cases.load(path) for path in library.tests()])
SAMPLED = [(subject, mutant) for subject in SUBJECTS for mutant in _sample(subject)]


@pytest.mark.parametrize(
    ("subject", "mutant"),
    [pytest.param(subject, mutant, id=f"{subject.name}: {mutant.change}") for subject, mutant in SAMPLED],
)
def test_a_case_notices(subject: Subject, mutant: Mutant, promtool_cases: RunsCases, tmp_path: Path) -> None:
    verdict = Trials(runner=promtool_cases, folder=tmp_path).verdict(subject, mutant)
    assert verdict is not None
    assert verdict.noticed_by, f"{subject.place.file}:{verdict.line}: {mutant.change}\n{mutant.rule['expr']}"


def test_there_are_mutants_of_every_alert() -> None:
    alerts = {subject.name for subject in SUBJECTS if "alert" in subject.rule}
    assert {subject.name for subject, _ in SAMPLED} >= alerts

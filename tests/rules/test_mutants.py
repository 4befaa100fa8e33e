"""Rules broken on purpose in one place: some promtool case must notice each.

A sample of what `firebrigade rules mutate` tries, the same in every run: it keeps the suite quick, and every alert is
in it. Nothing survives that is not declared in equivalents.yaml.
"""

from collections.abc import Iterator
from zlib import crc32

import pytest

from firebrigade.rules import library
from firebrigade.rules.mutation import equivalents
from firebrigade.rules.mutation.mutant import Mutant
from firebrigade.rules.mutation.subject import Subject, subjects
from firebrigade.rules.mutation.trial import Trials
from firebrigade.rules.testing import cases
from firebrigade.rules.testing.casecache import RunsCases

# One mutant of so many is tried, besides one of each alert. The rules of all objectives come from the same functions.
SAMPLE, SAMPLE_OF_OBJECTIVES = 25, 150


def _sample(subject: Subject) -> Iterator[Mutant]:
    """Yield the mutants whose checksum says so; of an alert without any, the one with the smallest."""
    every = SAMPLE if subject.place.file.name.startswith("alerts-") else SAMPLE_OF_OBJECTIVES
    sums = {
        crc32(f"{subject.place.file.name} {subject.rule['expr']} {mutant.change}".encode()): mutant
        for mutant in subject.mutants()
        if not _is_declared(subject, mutant)
    }
    chosen = [number for number in sums if number % every == 0]
    if not chosen and "alert" in subject.rule:
        chosen = sorted(sums)[:1]
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
def test_a_case_notices(subject: Subject, mutant: Mutant, promtool_cases: RunsCases) -> None:
    verdict = Trials(runner=promtool_cases).verdict(subject, mutant)
    assert verdict is not None
    assert verdict.noticed_by, f"{subject.place.file}:{verdict.line}: {mutant.change}\n{mutant.rule['expr']}"


def test_there_are_mutants_of_every_alert() -> None:
    alerts = {subject.name for subject in SUBJECTS if "alert" in subject.rule}
    assert {subject.name for subject, _ in SAMPLED} >= alerts

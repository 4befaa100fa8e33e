"""Every promtool case of the library as a test of its own, and proof that there are enough of them."""

import pytest

from firebrigade.rules import commands, document, library
from firebrigade.rules.testing import cases, coverage
from firebrigade.rules.testing.casecache import RunsCases
from firebrigade.rules.testing.cases import Case

LOADED = [cases.load(path) for path in library.tests()]
CASES = [pytest.param(case, id=f"{one.source.path.stem}: {case.name}") for one in LOADED for case in one.cases]


@pytest.mark.parametrize("case", CASES)
def test_promtool_case(case: Case, promtool_cases: RunsCases) -> None:
    result = promtool_cases.run_case(case)
    assert result.passed, f"{result.file}:{result.line}\n{result.output}"


def test_every_alert_is_shown_firing_quiet_pending_and_resolving() -> None:
    assert coverage.problems(LOADED) == ()


def test_every_alert_that_prometheus_loads_is_in_a_test_file() -> None:
    generated = [document.read(path) for path in sorted(library.generated().glob("*.yaml"))]
    assert generated
    assert coverage.untested(LOADED, generated) == ()


def test_the_library_has_no_problems() -> None:
    assert commands.check().problems == ()

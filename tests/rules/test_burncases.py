"""The cases that are made for each SLO: what is checked in is what burns.yaml says, and no SLO is forgotten."""

from decimal import Decimal
from pathlib import Path

import pytest

from firebrigade.rules import document, library
from firebrigade.rules.formats import own as spec
from firebrigade.rules.testing import burncases, windowcases

KINDS = ("burn", "nodata", "tiers", "windows")


def test_the_checked_in_cases_are_what_burns_yaml_says_and_there_are_no_others() -> None:
    made = [path for kind in KINDS for path in library.folder().glob(f"tests/{kind}-*.yaml")]
    present = {path.name: path.read_text() for path in made}
    assert present == burncases.texts()


def test_every_slo_has_its_cases() -> None:
    files = [
        spec.objectives(document.read(path), library.surroundings()) for path in library.folder().glob("slos/*.yaml")
    ]
    wanted = {f"{kind}-{objective.id}.yaml" for file in files for objective in file for kind in KINDS}
    assert burncases.texts().keys() == wanted


@pytest.mark.parametrize("window", [120, 300, 720, 1800, 3600, 7200, 21600, 86400, 259200])
@pytest.mark.parametrize("times", [Decimal("0.5"), Decimal(2)])
def test_a_window_of_another_length_would_record_something_else(window: int, times: Decimal) -> None:
    traffic = windowcases.HOURS if window < 86400 else windowcases.DAYS
    tolerance = 2 * windowcases.TOLERANCE
    for events in (traffic.total, traffic.bad):
        right, wrong = (traffic.mean(events, seconds) for seconds in (window, int(window * times)))
        assert abs(wrong / right - 1) > tolerance


def test_writing_goes_where_it_is_told(tmp_path: Path) -> None:
    burncases.main(tmp_path)
    assert {path.name: path.read_text() for path in tmp_path.iterdir()} == burncases.texts()

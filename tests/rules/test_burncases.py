"""The cases that are made for each SLO: what is checked in is what burns.yaml says, and no SLO is forgotten."""

from pathlib import Path

from firebrigade.rules import document, library
from firebrigade.rules.formats import own as spec
from firebrigade.rules.testing import burncases

BY_HAND = {"neurectomy-api-requests-availability", "agents-fleet-health"}


def test_the_checked_in_cases_are_what_burns_yaml_says_and_there_are_no_others() -> None:
    present = {path.name: path.read_text() for path in library.folder().glob("tests/burn-*.yaml")}
    assert present == burncases.texts()


def test_every_slo_has_its_cases() -> None:
    files = [
        spec.objectives(document.read(path), library.surroundings()) for path in library.folder().glob("slos/*.yaml")
    ]
    made = {name.removeprefix("burn-").removesuffix(".yaml") for name in burncases.texts()}
    assert {objective.id for file in files for objective in file} == made | BY_HAND


def test_writing_goes_where_it_is_told(tmp_path: Path) -> None:
    burncases.main(tmp_path)
    assert {path.name: path.read_text() for path in tmp_path.iterdir()} == burncases.texts()

"""Every check is found, named as its file, and has a test of its own."""

from pathlib import Path

from firebrigade.rules import checks
from firebrigade.rules.checks.__main__ import table
from firebrigade.rules.checks.kinds import GroupCheck, QueryCheck, RuleCheck, SetCheck
from firebrigade.rules.problems import SEVERITIES

FOLDER = Path(checks.__file__).parent


def test_each_file_is_a_check_and_each_check_is_one_file() -> None:
    files = {f"{path.parent.name}/{path.stem}".replace("_", "-") for path in FOLDER.glob("*/*.py")}
    assert set(checks.every()) == {name for name in files if not name.endswith("--init--")}
    assert len(checks.every()) > 20


def test_each_check_is_explained_in_one_line_and_has_a_severity() -> None:
    for check in checks.every().values():
        assert check.severity in SEVERITIES
        assert 20 < len(check.explains) < 120, check.name
        assert check.explains[0].islower(), check.name
        assert not check.explains.endswith("."), check.name


def test_each_check_that_judges_has_its_tests() -> None:
    judging = [c for c in checks.every().values() if isinstance(c, QueryCheck | RuleCheck | GroupCheck | SetCheck)]
    texts = "".join(path.read_text() for path in Path(__file__).parent.glob("test_*.py"))
    untested = [check.name for check in judging if f'"{check.name}"' not in texts]
    assert untested == []


def test_the_page_about_checks_has_each_as_it_is() -> None:
    page = Path(__file__).parents[3] / "docs" / "checks.md"
    assert table() in page.read_text(), "put what python -m firebrigade.rules.checks prints there"

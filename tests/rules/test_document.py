"""Reading one YAML file: data, the line of every key, and what is refused."""

from pathlib import Path

import pytest
import yaml

from firebrigade.rules import document, library
from firebrigade.rules.problems import RulesError

PATH = Path("x.yaml")


def test_every_key_has_its_line() -> None:
    read = document.parse(PATH, "a:\n  - {b: 1}\n\n  - c:\n      d: |\n        text\n      e: 2\n")
    assert read.data == {"a": [{"b": 1}, {"c": {"d": "text\n", "e": 2}}]}
    places = {document.dotted(path): line for path, line in read.lines.items()}
    expected = {"": 1, "a": 1, "a[0]": 2, "a[0].b": 2, "a[1]": 4, "a[1].c": 4, "a[1].c.d": 5, "a[1].c.e": 7}
    assert places == expected


def test_the_library_reads_the_same_without_libyaml(monkeypatch: pytest.MonkeyPatch) -> None:
    # The largest of each folder: PyYAML alone is slow.
    folders = ("alerts", "slos", "generated", "tests", "windows")
    largest = [max((library.folder() / name).glob("*.yaml"), key=lambda path: path.stat().st_size) for name in folders]
    with_libyaml = [document.read(path) for path in largest]
    monkeypatch.setattr(document, "_Loader", yaml.SafeLoader)
    assert [document.read(path) for path in largest] == with_libyaml


@pytest.mark.parametrize(
    ("text", "problem"),
    [
        pytest.param("a: 1\nb: 2\na: 3\n", "x.yaml:3: a: is there twice", id="a key that is there twice"),
        pytest.param("a: [\n", "x.yaml:2: is not valid YAML", id="no YAML"),
        pytest.param("a: 1\n---\nb: 2\n", "is not valid YAML: but found another document", id="two documents"),
        pytest.param("a: &x\n  b: *x\n", "is not valid YAML", id="a value that contains itself"),
        pytest.param("a: 2026-13-45\n", "is not valid YAML", id="a date that does not exist"),
    ],
)
def test_what_is_no_document_is_refused_in_one_sentence(text: str, problem: str) -> None:
    with pytest.raises(RulesError) as error:
        document.parse(PATH, text)
    assert problem in str(error.value)
    assert "\n" not in str(error.value)


def test_merged_keys_count_as_the_others_keys_and_not_as_repeated() -> None:
    read = document.parse(PATH, "a: &x {b: 1, c: 1}\nd:\n  <<: *x\n  b: 2\n")
    assert read.data["d"] == {"b": 2, "c": 1}
    assert read.line(("d", "b")) == 4


def test_an_empty_file_has_no_data() -> None:
    assert document.parse(PATH, "# nothing\n").data is None

"""The words of a problem: key paths and hints."""

import pytest

from firebrigade.responder.config_problems import Problems, did_you_mean, format_path


@pytest.mark.parametrize(
    ("path", "text"),
    [((), ""), (("a",), "a"), (("a", 0, "b"), "a[0].b"), (("a", "b", 1, 2), "a.b[1][2]")],
)
def test_a_key_path_is_written_as_people_write_it(path: tuple[str | int, ...], text: str) -> None:
    assert format_path(path) == text


@pytest.mark.parametrize(
    ("word", "known", "hint"),
    [
        ("slak", ["slack", "log"], "; did you mean slack?"),
        ("SLACK", ["slack"], "; did you mean slack?"),
        ("x", ["slack", "log"], "; known: log, slack"),
        ("x", [], ""),
        ("x", [f"name-{n}" for n in range(50)], ""),
    ],
)
def test_a_hint_names_what_was_probably_meant(word: str, known: list[str], hint: str) -> None:
    assert did_you_mean(word, known) == hint


def test_no_problem_is_no_error() -> None:
    Problems(source="f").raise_if_any()

"""Problems for people, for programs, and for GitHub."""

import json

import pytest

from firebrigade.rules import problem_forms
from firebrigade.rules.problems import Problem

ERROR = Problem(file="b.yaml", line=9, key="groups[0]", message="is wrong", check="metric/unknown")
WARNING = Problem(file="b.yaml", line=2, key="", message="is odd", check="group/interval", severity="warning")
NOTE = Problem(file="a.yaml", line=0, key="", message="is new", check="rule/unused-record", severity="information")


def test_people_see_files_in_their_order_and_the_worst_first() -> None:
    assert problem_forms.lines([WARNING, ERROR, NOTE]) == [
        "b.yaml:9: error: groups[0]: is wrong [metric/unknown]",
        "b.yaml:2: warning: is odd [group/interval]",
        "a.yaml: information: is new [rule/unused-record]",
    ]


def test_problems_are_counted_by_severity() -> None:
    assert problem_forms.summary([WARNING, ERROR, ERROR, NOTE]) == "2 errors, 1 warning, 1 note"
    assert problem_forms.summary([NOTE, NOTE]) == "2 notes"


def test_programs_find_the_documented_keys() -> None:
    written = json.loads(problem_forms.to_json([ERROR], rules=7))
    assert written == {
        "problems": [
            {
                "file": "b.yaml",
                "line": 9,
                "key": "groups[0]",
                "check": "metric/unknown",
                "severity": "error",
                "message": "is wrong",
            }
        ],
        "rules": 7,
    }


@pytest.mark.parametrize(
    ("problem", "command"),
    [
        (ERROR, "::error file=b.yaml,line=9,title=metric/unknown::groups[0]: is wrong"),
        (WARNING, "::warning file=b.yaml,line=2,title=group/interval::is odd"),
        (NOTE, "::notice file=a.yaml,title=rule/unused-record::is new"),
        (
            Problem(file="C:\\a,b.yaml", line=1, key="", message="50% of it::\nis\rwrong, 100%0A"),
            "::error file=C%3A\\a%2Cb.yaml,line=1,title=file/format::50%25 of it::%0Ais%0Dwrong, 100%250A",
        ),
    ],
)
def test_github_reads_a_command_in_one_line(problem: Problem, command: str) -> None:
    assert problem_forms.github(problem) == command

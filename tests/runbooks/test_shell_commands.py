"""Commands in a runbook's text: right for this incident, and harmless whatever the labels say."""

import shlex

import pytest
from hypothesis import given
from hypothesis import strategies as st

from firebrigade.runbooks.shell_commands import LONGEST_VALUE, check_commands, fill, fillable, placeholders

BODY = """# Title with <pod>

Text <pod> and `kubectl get pod <pod>`.

```sh
kubectl -n <namespace> logs <pod> --tail=<lines wanted>
# the pod's log: <pod>
kubectl describe deployment/<deployment>
```

```promql
up{pod="<pod>"}
```
"""


def test_only_commands_are_filled_and_the_rest_stays() -> None:
    text = fill(BODY, {"pod": "a-1", "namespace": "shop"})
    assert "# Title with <pod>\n\nText <pod> and `kubectl get pod a-1`." in text
    assert "kubectl -n shop logs a-1 --tail=<lines wanted>" in text
    assert "describe deployment/<deployment>" in text
    assert 'up{pod="<pod>"}' in text


def test_a_text_without_labels_stays_as_it_is() -> None:
    assert fill(BODY, {}) == BODY


def test_the_labels_that_the_commands_want_are_those_in_commands() -> None:
    assert placeholders(BODY) == {"pod", "namespace", "deployment"}


@given(value=st.text(max_size=40))
def test_a_value_is_one_word_for_the_shell_or_is_not_filled_in(value: str) -> None:
    text = fill("```sh\nkubectl logs x/<pod> end\n```\n", {"pod": value})
    command = text.splitlines()[1]
    assert shlex.split(command)[2:] == [f"x/{value}" if fillable({"pod": value}) else "x/<pod>", "end"]
    assert len(text.splitlines()) == 3


@pytest.mark.parametrize(
    "value",
    ["--kubeconfig=evil", "-it", "", "a\nb", "a\x1b[2Jb", "a\u202eb", "a" * (LONGEST_VALUE + 1), "\ud800"],
    ids=["an option", "a short option", "nothing", "two lines", "an escape", "right to left", "too long", "surrogate"],
)
def test_a_value_that_can_t_be_trusted_leaves_its_placeholder(value: str) -> None:
    assert fill("`kubectl get pod <pod>`", {"pod": value}) == "`kubectl get pod <pod>`"


@pytest.mark.parametrize(
    ("command", "problem"),
    [
        pytest.param("kubectl get pod <pdo>", "<pdo> is no label that alerts carry", id="an unknown label"),
        pytest.param("echo '<pod>'", "<pod> stands within quotes", id="single quotes"),
        pytest.param('echo "x <pod>"', "<pod> stands within quotes", id="double quotes"),
        pytest.param("echo it's <pod>", "<pod> stands within quotes", id="a quote that is not closed"),
        pytest.param("echo \\<pod>", "<pod> stands within quotes", id="escaped"),
        pytest.param("echo $(kubectl get <pod>)", "$( stands in a command with a placeholder", id="nested"),
        pytest.param("cat <<EOF\n<pod>\nEOF", "<< stands in a command", id="a document"),
        pytest.param("sh -c 'kill <pod>'", "<pod> stands within quotes", id="a second shell"),
    ],
)
def test_a_placeholder_that_could_not_be_quoted_is_a_problem(command: str, problem: str) -> None:
    (told,) = check_commands(f"Text.\n\n```sh\nkubectl version\n{command}\n```\n")
    assert told[1].startswith(problem)
    assert told[0] == (5 if command.startswith("cat <<EOF\n<") and "<<" not in problem else 4)


@pytest.mark.parametrize(
    "command",
    [
        "kubectl -n <namespace> get pods",
        "# it's a comment: <pod>",
        "promtool query instant url 'up{pod=\"'<pod>'\"}'",
        "echo 'closed' <pod>",
        "scale --replicas=<number before>",
        "echo $HOME # no placeholder beside $(date)",
    ],
)
def test_a_command_that_can_be_filled_is_no_problem(command: str) -> None:
    assert check_commands(f"```sh\n{command}\n```\n") == []


def test_labels_that_the_front_matter_names_are_known() -> None:
    assert check_commands("`psql -d <database>`", ["database"]) == []
    assert len(check_commands("`psql -d <database>`")) == 1

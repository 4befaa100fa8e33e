"""The commands in a runbook's text: templates that are filled with an alert's labels, so that they can be copied. Pure.

``<label>`` in a fenced block of ``sh`` or in a code span stands for the label's value, quoted for the shell. The loader
checks the templates; the page, the command line and links fill them. Labels are hostile input and the reader is tired:
a value that could be read as an option, or that can't be seen, is not filled in and its placeholder stays.
"""

import re
import shlex
from collections.abc import Collection, Iterator, Mapping
from dataclasses import dataclass

# What alerts commonly carry; a runbook's front matter names others (`labels`).
KNOWN_LABELS = frozenset(
    [
        "agent_id",
        "alertname",
        "cluster",
        "container",
        "cronjob",
        "daemonset",
        "deployment",
        "horizontalpodautoscaler",
        "instance",
        "job",
        "job_name",
        "namespace",
        "node",
        "persistentvolumeclaim",
        "pod",
        "service",
        "severity",
        "statefulset",
    ]
)
LONGEST_VALUE = 253  # a Kubernetes name's

_PLACEHOLDER = re.compile(r"<([a-zA-Z_][a-zA-Z0-9_]*)>")
_CODE = re.compile(
    r"^(?P<fence>`{3,}|~{3,})[ \t]*(?P<language>\S*)[^\n]*\n(?P<block>.*?)^(?P=fence)[ \t]*$"
    r"|(?<!`)`(?P<span>[^`\n]+)`(?!`)",
    re.DOTALL | re.MULTILINE,
)
_SHELLS = {"sh", "bash", "shell", "zsh"}
# Where a value would be read by a second shell, or as part of a document: there is no quoting for it.
_NESTED = re.compile(r"\$\(|`|<<|\$'|\beval\b")
# An escaped character, what stands in quotes, a comment, or any other character.
_SHELL_TOKEN = re.compile(
    r"""\\. | '[^']*(?:'|\Z) | "(?:\\.|[^"\\])*(?:"|\Z) | (?:(?<=\s)|\A)\#[^\n]* | .""", re.DOTALL | re.VERBOSE
)


@dataclass(frozen=True, slots=True, kw_only=True)
class _Code:
    """One block of commands or one span, and where its text begins."""

    text: str
    start: int


def check_commands(body: str, labels: Collection[str] = ()) -> list[tuple[int, str]]:
    """Return what is wrong with the commands of a text: the line, from 0, and what it is.

    Args:
        body: Markdown.
        labels: those that the runbook's alerts carry beside ``KNOWN_LABELS``.
    """
    known = KNOWN_LABELS | set(labels)
    found = [problem for code in _codes(body) for problem in _problems(code, known)]
    return [(body.count("\n", 0, at), text) for at, text in sorted(found)]


def placeholders(body: str) -> frozenset[str]:
    """Return the labels that the commands of a text stand for."""
    return frozenset(name for code in _codes(body) for name in _PLACEHOLDER.findall(code.text))


def fillable(labels: Mapping[str, str]) -> dict[str, str]:
    """Return the labels whose values may stand in a command: seen as they are, and no option."""
    return {name: value for name, value in labels.items() if _harmless(value)}


def fill(body: str, labels: Mapping[str, str]) -> str:
    """Return a text that passed ``check_commands`` with the labels' values, quoted for the shell, in its commands."""
    values = fillable(labels)
    pieces, done = [], 0
    for code in _codes(body):
        filled = _PLACEHOLDER.sub(lambda one: shlex.quote(values[one[1]]) if one[1] in values else one[0], code.text)
        pieces += [body[done : code.start], filled]
        done = code.start + len(code.text)
    return "".join([*pieces, body[done:]])


def _codes(body: str) -> Iterator[_Code]:
    for found in _CODE.finditer(body):
        group = "span" if found["span"] is not None else "block"
        if group == "span" or found["language"] in _SHELLS:
            yield _Code(text=found[group], start=found.start(group))


def _problems(code: _Code, known: Collection[str]) -> Iterator[tuple[int, str]]:
    wanted = list(_PLACEHOLDER.finditer(code.text))
    for one in wanted:
        if one[1] not in known:
            text = f"<{one[1]}> is no label that alerts carry; if yours do, name it in the front matter under labels"
            yield code.start + one.start(), text
    if not wanted:
        return
    if nested := _NESTED.search(code.text):
        text = f"{nested[0]} stands in a command with a placeholder, which could not be quoted in it"
        yield code.start + nested.start(), text
    quoted = _in_quotes(code.text)
    for one in wanted:
        if one.start() in quoted:
            yield code.start + one.start(), f"{one[0]} stands within quotes; close them before it, it is quoted itself"


def _in_quotes(text: str) -> frozenset[int]:
    """Return the places of a shell's text that are within quotes or escaped, or behind a quote that is never closed."""
    inside: list[int] = []
    for found in _SHELL_TOKEN.finditer(text):
        if found[0][0] in "'\"\\":
            inside += range(found.start(), found.end())
    return frozenset(inside)


def _harmless(value: str) -> bool:
    return 0 < len(value) <= LONGEST_VALUE and value.isprintable() and not value.startswith("-")

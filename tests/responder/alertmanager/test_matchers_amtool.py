"""Our matchers beside the real ones: amtool reads the same texts and routes the same labels."""

import re
import subprocess
from pathlib import Path

import pytest

from firebrigade.responder.matcher_syntax import quote
from firebrigade.responder.matchers import parse_matchers

# Debian 12's amtool knows the classic way of writing only.
TEXTS = {
    "an equality": 'a="b"',
    "a list in braces": '{ a = "b" , c != "d" , }',
    "values without quotes": "a=b,c=d",
    "braces without quotes": "{a=b}",
    "a brace that opens nothing": "a=b}",
    "spaces inside a value": "a= b c ",
    "an operator inside a value": "a=b=c",
    "a comma and a brace inside quotes": '{a="b,}",c="d"}',
    "escaped quotes": r'a="say \"x,y\""',
    "a spurious escape": r'a=~"\d+\.\w"',
    "a doubled backslash": r'a="x\\y"',
    "a line feed": r'a="x\ny"',
    "an empty quoted value": 'a=""',
    "text outside ascii": 'a=~"gr(ö|oe)ße"',
    "a colon in the name": "a:b=c",
    "an alternative": 'a=~"x|y"',
    "a negated expression": 'a!~"x.*"',
    "a class of unicode": r'a=~"\p{Greek}+"',
    "a class of posix": 'a=~"[[:alpha:]]+"',
    "folded case": 'a=~"(?i)ABC"',
    "a dot and a line feed": 'a=~"x.y"',
    "a dollar at the end": 'a=~"b$"',
    "a named group": 'a=~"(?P<n>b)"',
    "a lazy quantifier": 'a=~"b+?"',
    "a literal stretch": r'a=~"\Qb\E"',
    "a hexadecimal escape": r'a=~"\x62"',
    "a hundred repetitions": 'a=~"b{100}"',
    "no operator": "foo",
    "no name": '="x"',
    "nothing between two commas": "a=b,,c=d",
    "only a comma": "{,}",
    "a quote that does not end": 'a="x',
    "a quote inside a value": 'a=b"c',
    "text after a quoted value": 'a="b"c',
    "look-ahead": 'a=~"(?=x)"',
    "look-behind": 'a=~"(?<!x)y"',
    "a back-reference": r'a=~"(x)\1"',
    "a possessive quantifier": 'a=~"x++"',
    "an atomic group": 'a=~"(?>x)"',
    "python's end of text": r'a=~"x\Z"',
    "a comment": 'a=~"(?#x)"',
    "an unclosed bracket": 'a=~"["',
    "a thousand and one repetitions": 'a=~"x{1001}"',
    "nested repetitions that are too many": 'a=~"((x{100}){100}){100}"',
}  # fmt: skip
LABELS = [
    {},
    {"a": "b"},
    {"a": "b", "c": "d"},
    {"a": "b", "c": "e"},
    {"a": "b c"},
    {"a": "b=c"},
    {"a": "b,}", "c": "d"},
    {"a": 'say "x,y"'},
    {"a": "12.x"},
    {"a": "٣.x"},
    {"a": "x\\y"},
    {"a": "x\ny"},
    {"a": "größe"},
    {"a": "GRÖSSE"},
    {"a": "Σίσυφος"},
    {"a": "aBc"},
    {"a": "x"},
    {"a": "xx"},
    {"a": "bb"},
    {"a": "b\n"},
    {"a": "\\d+"},
    {"a": "b" * 100},
]


def accepted_by_us(text: str) -> bool:
    try:
        parse_matchers(text)
    except ValueError:
        return False
    return True


def yaml_string(text: str) -> str:
    return "'" + text.replace("'", "''") + "'"


def configuration(routes: dict[str, str]) -> str:
    """One route for each text, each with a receiver of its name, all of them tried."""
    lines = ["route:", "  receiver: nobody", "  routes:"]
    for name, text in routes.items():
        lines += [f"  - receiver: {name}", "    continue: true", f"    matchers: [{yaml_string(text)}]"]
    return "\n".join([*lines, "receivers:", *(f"- name: {name}" for name in ["nobody", *routes]), ""])


def named(texts: dict[str, str]) -> dict[str, str]:
    return {f"r{number}": text for number, text in enumerate(texts.values())}


@pytest.mark.parametrize("text", TEXTS.values(), ids=TEXTS)
def test_a_text_is_accepted_by_both_or_by_none(text: str, tmp_path: Path) -> None:
    (tmp_path / "alertmanager.yml").write_text(configuration({"r0": text}))
    checked = subprocess.run(
        ["amtool", "check-config", str(tmp_path / "alertmanager.yml")], capture_output=True, timeout=30
    )
    assert (checked.returncode == 0) is accepted_by_us(text), checked.stderr


def test_what_only_alertmanager_from_0_27_on_accepts_is_refused() -> None:
    assert not accepted_by_us(r'a=~"\u0062"')  # 0.25 takes it for an escape of the regular expression


@pytest.mark.parametrize("labels", LABELS, ids=repr)
def test_labels_match_the_same_texts_in_both(labels: dict[str, str], tmp_path: Path) -> None:
    routes = named({name: text for name, text in TEXTS.items() if accepted_by_us(text)})
    (tmp_path / "alertmanager.yml").write_text(configuration(routes))
    pairs = [f"{name}={quote(value)}" for name, value in labels.items()]
    command = ["amtool", "config", "routes", "test", f"--config.file={tmp_path / 'alertmanager.yml'}", *pairs]
    answer = subprocess.run(command, check=True, capture_output=True, text=True, timeout=30).stdout
    ours = {name for name, text in routes.items() if all(matcher.matches(labels) for matcher in parse_matchers(text))}
    assert set(re.findall(r"r\d+", answer)) == ours

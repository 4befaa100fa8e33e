"""Mistakes in templates that load: promtool refuses only what can't be parsed."""

import re
from collections.abc import Iterator, Mapping

from firebrigade.rules.checks.kinds import RuleCheck
from firebrigade.rules.checks.subjects import Entry
from firebrigade.rules.document import KeyPath

_ACTION = re.compile(r"\{\{.*?\}\}", re.DOTALL)
_OUTSIDE = re.compile(r"\$labels\.\w+|\$value\b|\$externalLabels\b")
_INSIDE = {
    re.compile(r"\$value\s*\|\s*printf\s+\"[^\"]*%[ds]"): "prints the value, which has decimals, by %d or %s; use %.0f",
    re.compile(r"\$labels\.\w+\s*\|\s*humanize"): "humanizes a label, which is text; humanize $value",
    re.compile(
        r"printf\s+\"[^\"]*%[ds][^\"]*\"\s+\$value"
    ): "prints the value, which has decimals, by %d or %s; use %.0f",
}


def _judge(entry: Entry) -> Iterator[tuple[KeyPath, str]]:
    for key, texts in (("annotations", entry.rule.annotations), ("labels", entry.rule.labels)):
        yield from _told(key, texts)


def _told(key: str, texts: Mapping[str, str]) -> Iterator[tuple[KeyPath, str]]:
    for name, text in texts.items():
        if "{" in text or "}" in text or "$" in text:
            yield from (((key, name), what) for what in _wrong(text))


def _wrong(text: str) -> Iterator[str]:
    plain = _ACTION.sub("", text)
    for word in _OUTSIDE.findall(plain):
        yield f"says {word} outside of {{{{ }}}}, so it is shown as it stands; write {{{{ {word} }}}}"
    if "{{" in plain or "}}" in plain:
        yield "opens or closes a template once too often"
    if "${" in plain:
        yield "has a ${...} that nothing fills in"
    for action in _ACTION.findall(text):
        yield from (what for pattern, what in _INSIDE.items() if pattern.search(action))


CHECK = RuleCheck(
    name="alert/template-syntax",
    severity="error",
    explains="has a mistake in a template that promtool lets pass, so people read $value or %!d(float64=...)",
    judge=_judge,
)

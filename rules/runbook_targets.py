"""Which labels of an alert each runbook needs, read from the front matter of the runbooks beside the library.

``library.py`` asks. A runbook is data here: whether it is right is for the runbooks' own loader to say.
"""

import re
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

import yaml

Choices = tuple[frozenset[str], ...]
"""Labels of which an alert needs one each."""

_FRONT = re.compile(r"---[ \t]*\r?\n(.*?)^---[ \t]*$", re.DOTALL | re.MULTILINE)
_PLACEHOLDER = re.compile(r"\$([A-Za-z_]\w*)")


def of(folder: Path) -> Mapping[str, Choices]:
    """Return what each runbook of a folder needs, by its name; one that can't be read needs nothing."""
    return {path.stem: tuple(dict.fromkeys(_choices(path))) for path in sorted(folder.glob("*.md"))}


def _choices(path: Path) -> Iterator[frozenset[str]]:
    for step in _steps(path):
        target, verify = step.get("target"), step.get("verify")
        for value in target.values() if isinstance(target, dict) else ():
            label = value.get("label") if isinstance(value, dict) else None
            if label:
                yield frozenset([label] if isinstance(label, str) else label)
        for name in _PLACEHOLDER.findall(str(verify.get("query", ""))) if isinstance(verify, dict) else ():
            yield frozenset({name})


def _steps(path: Path) -> list[dict[str, Any]]:
    try:
        match = _FRONT.match(path.read_text(encoding="utf-8"))
        data = yaml.safe_load(match[1]) if match else None
    except (OSError, UnicodeDecodeError, yaml.YAMLError):
        return []
    steps = data.get("steps") if isinstance(data, dict) else None
    return [step for step in steps if isinstance(step, dict)] if isinstance(steps, list) else []

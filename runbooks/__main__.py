"""``python -m firebrigade.runbooks`` prints docs/actions.md from the actions' docstrings; a test compares them."""

import inspect
import re
import sys
from collections.abc import Iterator
from datetime import timedelta
from typing import Any

from pydantic.fields import FieldInfo

from firebrigade.runbooks.contract import ActionParams, Risk
from firebrigade.runbooks.durations import format_duration
from firebrigade.runbooks.readings import UNKNOWN
from firebrigade.runbooks.registry import ConfiguredAction, action_classes
from firebrigade.runbooks.rights import Right
from firebrigade.runbooks.targets import LITERAL_NAME

_HEAD = """# Actions

What a step of [a runbook](howto/add-a-runbook.md) can do. This page is printed by `python -m firebrigade.runbooks` from
the docstrings. `firebrigade runbook rbac` prints the roles for the runbooks in use."""


def page() -> str:
    """Return the page of all actions."""
    return "\n\n".join([_HEAD, *(_section(action) for action in action_classes().values())]) + "\n"


def _section(action: type[ConfiguredAction]) -> str:
    about = _prose(inspect.getdoc(inspect.getmodule(action)))
    rights = "; ".join(map(_shown, action.RIGHTS)) or "nothing of Kubernetes"
    lines = [f"- Risk: {action.RISK}; target: {_target(action.TARGET_KIND)}.", f"- Rights: {rights}.", *_own(action)]
    return "\n\n".join([f"## {action.NAME}", about, "\n".join(lines), *_params(action.Params)])


def _target(kind: str) -> str:
    if kind in LITERAL_NAME:
        return f"{kind}, written out in the runbook"
    return f"{kind}, unless the label or `kind` says another" if kind else "none"


def _own(action: Any) -> Iterator[str]:
    """Yield what only an action that reads has, or only one that changes something."""
    if action.RISK is not Risk.READ:
        yield f"- Taken back: {' '.join(_prose(inspect.getdoc(action.undo)).split())}"
    elif action.RESULTS:
        yield f"- Results for `when`: {', '.join(f'`{word}`' for word in (*action.RESULTS, UNKNOWN))}."
    else:
        yield f"- Results for `when`: {' '.join(_prose(inspect.getdoc(action.read)).split())} Or `{UNKNOWN}`."


def _params(params: type[ActionParams]) -> Iterator[str]:
    texts = _attributes(inspect.getdoc(params) or "")
    if not params.model_fields:
        yield "No parameters."
        return
    rows = [f"| `{name}` | {_default(field)} | {texts[name]} |" for name, field in params.model_fields.items()]
    yield "\n".join(["| parameter | default | meaning |", "|---|---|---|", *rows])


def _default(field: FieldInfo) -> str:
    if field.is_required():
        return "must be given"
    value = field.default
    if value is None:
        return ""
    if isinstance(value, timedelta):
        return f"`{format_duration(value)}`"
    return f"`{str(value).lower() if isinstance(value, bool) else value}`"


def _attributes(doc: str) -> dict[str, str]:
    """Return what the section Attributes of a docstring says of each, on one line."""
    listed = re.findall(r"^    (\w+): (.*(?:\n        .*)*)", doc.partition("Attributes:\n")[2], re.MULTILINE)
    return {name: " ".join(text.split()) for name, text in listed}


def _shown(right: Right) -> str:
    name = ".".join(filter(None, [right.resource, right.group]))
    only = f" for a {' or '.join(sorted(right.kinds))}" if right.kinds else ""
    return f"{right.verb} {name}{only}" + (f" with `{right.param}`" if right.param else "")


def _prose(doc: str | None) -> str:
    """Return a docstring as Markdown, without links and without sentences about modules, which are for developers."""
    paragraphs = (doc or "").split("\n\nhttps://")[0].replace("``", "`").split("\n\n")
    return "\n\n".join(filter(None, map(_without_modules, paragraphs)))


def _without_modules(paragraph: str) -> str:
    sentences = re.split(r"(?<=\.)\s+", paragraph)
    return " ".join(" ".join(one.split()) for one in sentences if ".py" not in one)


if __name__ == "__main__":
    sys.stdout.write(page())

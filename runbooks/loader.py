"""Runbooks from their Markdown files: strict, and with every error of every file at once.

The responder loads a library at its start and asks it which runbook answers an alert. Nothing here acts.
"""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from pathlib import Path
from typing import Self

import yaml
from pydantic import ValidationError

from firebrigade.runbooks import frontmatter, registry
from firebrigade.runbooks.contract import Risk, Runbook, RunbookStep
from firebrigade.runbooks.frontmatter import FrontMatter, StepSpec, WorseSpec
from firebrigade.runbooks.must_not_rise import MustNotRise
from firebrigade.runbooks.readings import UNKNOWN, AnyAction
from firebrigade.runbooks.shell_commands import check_commands
from firebrigade.runbooks.targets import LITERAL_NAME, WITHOUT_NAMESPACE

BUNDLED = Path(__file__).parent
_NOT_RUNBOOKS = {"README.md"}


class RunbookError(Exception):
    """Runbooks that can't be used.

    Attributes:
        problems: one sentence each: file, line, key, what is wrong.
    """

    def __init__(self, problems: Iterable[str]) -> None:
        self.problems = tuple(problems)
        super().__init__("\n".join(self.problems))


class RunbookLibrary:
    """Runbooks by name and by the alert that they answer; iterating goes by name."""

    def __init__(self, runbooks: Iterable[Runbook]) -> None:
        self._by_name = {runbook.name: runbook for runbook in sorted(runbooks, key=lambda one: one.name)}
        self._by_alert = {alert: runbook for runbook in self._by_name.values() for alert in runbook.alerts}

    @classmethod
    def load(cls, directory: Path = BUNDLED, actions: Mapping[str, type[AnyAction]] | None = None) -> Self:
        """Read every ``*.md`` of a directory, README.md left out.

        Args:
            directory: the one that comes with the package, unless another is named.
            actions: the known actions by name; those in ``actions/`` by default.

        Raises:
            RunbookError: with all problems of all files.
        """
        known = registry.action_classes() if actions is None else actions
        paths = [path for path in sorted(directory.glob("*.md")) if path.name not in _NOT_RUNBOOKS]
        if not paths:
            raise RunbookError([f"{directory}: there are no runbooks (*.md) here."])
        problems: list[str] = []
        runbooks = [one for path in paths if (one := _load(path, known, problems)) is not None]
        problems += _answered_twice(runbooks)
        if problems:
            raise RunbookError(problems)
        return cls(runbooks)

    def get(self, name: str) -> Runbook | None:
        """Return a runbook by its file's name without ``.md``, or None."""
        return self._by_name.get(name)

    def for_alert(self, alertname: str) -> Runbook | None:
        """Return the runbook that answers an alert, or None."""
        return self._by_alert.get(alertname)

    def __iter__(self) -> Iterator[Runbook]:
        return iter(self._by_name.values())

    def __len__(self) -> int:
        return len(self._by_name)


class _File:
    """One file while it is checked: knows its lines, collects its problems."""

    def __init__(self, path: Path, lines: Mapping[frontmatter.Path, int]) -> None:
        self._path = path
        self._lines = lines
        self.problems: list[tuple[int, str]] = []

    def report(self, path: frontmatter.Path, message: str) -> None:
        """Note a problem with a key; one that is not there is shown at what should hold it."""
        line = next((self._lines[path[:end]] for end in range(len(path), 0, -1) if path[:end] in self._lines), 1)
        self.problems.append((line, f"{self._path}:{line}: {frontmatter.shown(path) or 'front matter'}: {message}."))

    def report_all(self, error: ValidationError, prefix: frontmatter.Path = ()) -> None:
        """Note every problem of a validation."""
        for one in error.errors(include_url=False, include_input=False):
            # Where there are two forms of a value, pydantic names the one that it tried: <label> or <literal>.
            location = tuple(part for part in one["loc"] if not str(part).startswith("<"))
            self.report(prefix + location, _said(one["type"], one["msg"]))


def _load(path: Path, actions: Mapping[str, type[AnyAction]], problems: list[str]) -> Runbook | None:
    try:
        text = path.read_text(encoding="utf-8")
        parts = frontmatter.split(text)
        if parts is None:
            problems.append(f"{path}:1: it must begin with front matter between two lines of ---.")
            return None
        lines, twice = frontmatter.positions(parts[0])
        data = yaml.safe_load(parts[0])
    except (OSError, UnicodeDecodeError, yaml.YAMLError) as error:
        problems.append(_unreadable(path, error))
        return None
    file = _File(path, lines)
    file.problems += [(line, f"{path}:{line}: {key}: it stands here twice.") for line, key in twice]
    matter = _checked(data, actions, file)
    above = text.count("\n", 0, len(text) - len(parts[1]))
    for line, problem in check_commands(parts[1], _labels_of(data)):
        file.problems.append((above + line + 1, f"{path}:{above + line + 1}: {problem}."))
    problems += [text for _, text in sorted(file.problems)]
    if matter is None or file.problems:
        return None
    steps = tuple(_step(spec) for spec in matter.steps)
    return Runbook(
        name=path.stem,
        title=matter.title,
        alerts=tuple(matter.alerts),
        steps=steps,
        body=parts[1].strip() + "\n",
        path=str(path),
    )


def _labels_of(data: object) -> list[str]:
    """Return the labels that a front matter names, as far as it can be understood."""
    labels = data.get("labels") if isinstance(data, Mapping) else None
    return [str(label) for label in labels] if isinstance(labels, list) else []


def _checked(data: object, actions: Mapping[str, type[AnyAction]], file: _File) -> FrontMatter | None:
    try:
        matter = FrontMatter.model_validate(data)
    except ValidationError as error:
        file.report_all(error)
        _check_loosely(data, actions, file)
        return None
    for index, step in enumerate(matter.steps):
        _check_step(step, ("steps", index), actions, file)
        _check_when(matter.steps, index, actions, file)
    return matter


def _check_loosely(data: object, actions: Mapping[str, type[AnyAction]], file: _File) -> None:
    """Check the parameters all the same where the rest of the file is wrong: all errors at once."""
    steps = data.get("steps") if isinstance(data, Mapping) else None
    for index, step in enumerate(steps if isinstance(steps, list) else []):
        if isinstance(step, Mapping) and isinstance(step.get("action"), str):
            params = step.get("params") or {}
            _check_params(step["action"], params, ("steps", index), actions, file)


def _check_step(step: StepSpec, path: frontmatter.Path, actions: Mapping[str, type[AnyAction]], file: _File) -> None:
    action = _check_params(step.action, step.params, path, actions, file)
    if action is not None:
        _check_target(step, path, action, file)
        if step.verify.worse is not None and not getattr(action, "UNDOES", True):
            file.report((*path, "verify", "worse"), f"{step.action} can't be taken back; take it out")
    for key in {"verify", "undo"} & step.model_fields_set if action and action.RISK is Risk.READ else ():
        file.report((*path, key), f"{step.action} changes nothing, so there is nothing to {key}; take it out")


def _check_target(step: StepSpec, path: frontmatter.Path, action: type[AnyAction], file: _File) -> None:
    if not action.TARGET_KIND:
        if step.target is not None:
            file.report((*path, "target"), f"{step.action} has no target; take it out")
    elif step.target is None:
        file.report((*path, "target"), "is missing")
    elif (step.target.kind or action.TARGET_KIND) not in WITHOUT_NAMESPACE and step.target.namespace is None:
        file.report((*path, "target", "namespace"), "is missing; a pod or a deployment is found by namespace and name")
    elif action.TARGET_KIND in LITERAL_NAME and not isinstance(step.target.name, str):
        file.report((*path, "target", "name"), f"must be written out: an alert can't choose the {action.TARGET_KIND}")


def _check_when(steps: Sequence[StepSpec], index: int, actions: Mapping[str, type[AnyAction]], file: _File) -> None:
    """Check that the steps whose results are asked for are earlier ones that read, and can come to that."""
    when = steps[index].when
    for place, asked in enumerate(when.step if when else ()):
        path: frontmatter.Path = ("steps", index, "when", "step", place)
        earlier = [one for one in steps[:index] if one.name == asked.name]
        readers = [action for one in earlier if (action := actions.get(one.action)) and action.RISK is Risk.READ]
        if len(earlier) != 1 or len(readers) != 1:
            what = "two earlier steps are" if len(earlier) > 1 else "no earlier step that reads is"
            file.report((*path, "name"), f"{what} called {asked.name!r}")
            continue
        known = getattr(readers[0], "RESULTS", ())
        wrong = [word for word in asked.result if known and word not in (*known, UNKNOWN)]
        if wrong:
            words = ", ".join((*known, UNKNOWN))
            file.report((*path, "result"), f"{earlier[0].action} never comes to {wrong[0]!r}; it comes to {words}")


def _check_params(
    name: str, params: object, path: frontmatter.Path, actions: Mapping[str, type[AnyAction]], file: _File
) -> type[AnyAction] | None:
    action = actions.get(name)
    if action is None:
        file.report((*path, "action"), f"there is no action {name!r}; there are {', '.join(sorted(actions))}")
        return None
    try:
        action.Params.model_validate(params)
    except ValidationError as error:
        file.report_all(error, (*path, "params"))
    return action


def _step(spec: StepSpec) -> RunbookStep:
    return RunbookStep(
        name=spec.name,
        action=spec.action,
        target=spec.target.model_dump(mode="json", exclude_none=True) if spec.target else {},
        when=spec.when.model_dump(mode="json") if spec.when else {},
        params=spec.params,
        verify_within=spec.verify.within,
        healthy_for=spec.verify.healthy_for,
        verify_query=spec.verify.query,
        worse=_worse(spec.verify.worse),
        undo=spec.undo,
    )


def _worse(spec: WorseSpec | None) -> MustNotRise | None:
    if spec is None:
        return None
    return MustNotRise(query=spec.query, rises_by=spec.rises_by, looks_back=spec.all_after)


def _answered_twice(runbooks: Iterable[Runbook]) -> list[str]:
    first: dict[str, Runbook] = {}
    problems = []
    for runbook in runbooks:
        for alert in runbook.alerts:
            other = first.setdefault(alert, runbook)
            if other is not runbook:
                problems.append(f"{runbook.path}: alerts: {alert} is answered by {other.path} already.")
    return problems


def _said(kind: str, message: str) -> str:
    words = {
        "extra_forbidden": "is not a key that is known here",
        "missing": "is missing",
        "too_short": "must have at least one",
    }
    said = words.get(kind, message.removeprefix("Value error, ").rstrip("."))
    return said[0].lower() + said[1:]


def _unreadable(path: Path, error: Exception) -> str:
    if isinstance(error, yaml.MarkedYAMLError) and error.problem_mark:
        return f"{path}:{error.problem_mark.line + 2}: it is not YAML: {error.problem}."
    return f"{path}: it can't be read: {type(error).__name__}."

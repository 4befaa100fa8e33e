"""Which alerts of some rule files have a runbook, and which runbooks answer an alert.

``firebrigade runbook check`` asks. It goes by names alone and reads the files themselves, so that it says what it can
also while something else is wrong with them.
"""

from collections.abc import Callable, Container, Iterable, Iterator, Mapping
from pathlib import Path

import yaml

from firebrigade.runbooks import frontmatter

Places = Mapping[str, str]  # an alert's name, and file and line of where it stands first


class UnreadableRulesError(Exception):
    """A file of rules that can't be read; the message is one sentence with its path."""


def alerts_of_rules(paths: Iterable[Path]) -> Places:
    """Return the alerts of rule files, Prometheus' own and PrometheusRule objects; a folder stands for its ``*.y*ml``.

    Raises:
        UnreadableRulesError: a file can't be read or is not YAML.
    """
    files = [file for path in paths for file in (sorted(path.glob("**/*.y*ml")) if path.is_dir() else [path])]
    return _first(place for file in files for place in _rules_in(file))


def alerts_of_runbooks(directory: Path) -> Places:
    """Return the alerts that a folder's runbooks name; a file that is no runbook names none."""
    return _first(place for path in sorted(directory.glob("*.md")) for place in _answered_in(path))


def uncovered(rules: Places, runbooks: Places, excepted: Callable[[str], bool], own: Container[str] = ()) -> list[str]:
    """Return one sentence for each alert without a runbook, and for each alert of a runbook that no rule has.

    Args:
        rules: the alerts that can fire.
        runbooks: the alerts that are answered.
        excepted: whether an alert needs no runbook, as a heartbeat.
        own: alerts that no rule has to have, since Firebrigade itself makes them.
    """
    without = [name for name in rules if name not in runbooks and not excepted(name)]
    unknown = [name for name in runbooks if name not in rules and name not in own]
    return [
        *(f"{rules[name]}: alert: no runbook answers {name}." for name in without),
        *(f"{runbooks[name]}: alerts: there is no rule with the alert {name}." for name in unknown),
    ]


def _rules_in(path: Path) -> Iterator[tuple[str, str]]:
    try:
        documents = list(yaml.compose_all(path.read_text(encoding="utf-8"), Loader=yaml.SafeLoader))
    except (OSError, UnicodeDecodeError) as error:
        raise UnreadableRulesError(f"{path}: can't be read: {type(error).__name__}.") from None
    except yaml.YAMLError as error:
        line = error.problem_mark.line + 1 if isinstance(error, yaml.MarkedYAMLError) and error.problem_mark else 1
        raise UnreadableRulesError(f"{path}:{line}: it is not YAML.") from None
    for document in documents:
        for holder in (document, _at(document, "spec")):
            for group in _items(_at(holder, "groups")):
                for rule in _items(_at(group, "rules")):
                    alert = _at(rule, "alert")
                    if isinstance(alert, yaml.ScalarNode):
                        yield alert.value, f"{path}:{alert.start_mark.line + 1}"


def _answered_in(path: Path) -> Iterator[tuple[str, str]]:
    try:
        parts = frontmatter.split(path.read_text(encoding="utf-8"))
        alerts = _at(yaml.compose(parts[0], Loader=yaml.SafeLoader), "alerts") if parts else None
    except (OSError, UnicodeDecodeError, yaml.YAMLError):
        return  # the loader says so
    for alert in _items(alerts):
        if isinstance(alert, yaml.ScalarNode):
            # Lines count from 0, and the line of the opening --- is not part of what was parsed.
            yield alert.value, f"{path}:{alert.start_mark.line + 2}"


def _first(places: Iterable[tuple[str, str]]) -> Places:
    found: dict[str, str] = {}
    for name, place in places:
        found.setdefault(name, place)
    return found


def _at(node: yaml.Node | None, key: str) -> yaml.Node | None:
    if not isinstance(node, yaml.MappingNode):
        return None
    return next((value for name, value in node.value if name.value == key), None)


def _items(node: yaml.Node | None) -> list[yaml.Node]:
    return list(node.value) if isinstance(node, yaml.SequenceNode) else []

"""OpenSLO's objects by kind and name, so that those of one build can refer to each other, in whatever file they are.

``build.py`` fills it with the documents of all files; ``openslo.py`` looks references up. It reads no object.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field

from firebrigade.rules.document import Document
from firebrigade.rules.problems import Problem

VERSION = "openslo/v1"
_NAMED = frozenset({"SLI", "AlertPolicy", "AlertCondition", "AlertNotificationTarget", "DataSource", "Service"})


@dataclass(frozen=True, slots=True, kw_only=True)
class Shelf:
    """The objects that others may refer to, and those whose name another one has already."""

    objects: Mapping[tuple[str, str], Document] = field(default_factory=dict)
    problems: tuple[Problem, ...] = ()

    def find(self, kind: str, name: str) -> Document | None:
        """Return an object, None when there is none."""
        return self.objects.get((kind, name))

    def names(self, kind: str) -> tuple[str, ...]:
        """Return the names of a kind's objects, sorted."""
        return tuple(sorted(name for of, name in self.objects if of == kind))


def filled(documents: Iterable[Document]) -> Shelf:
    """Return a shelf of the objects among documents; others are passed over."""
    objects: dict[tuple[str, str], Document] = {}
    problems: list[Problem] = []
    for source in documents:
        key = _key(source.data)
        if key is not None and (first := objects.setdefault(key, source)) is not source:
            kind, name = key
            place = first.problem(first.root, "")
            message = f"is the name of another {kind} ({place.file}:{place.line}); give each its own"
            problems.append(source.problem((*source.root, "metadata", "name"), f"{name} {message}"))
    return Shelf(objects=objects, problems=tuple(problems))


def _key(data: object) -> tuple[str, str] | None:
    if not isinstance(data, dict) or data.get("apiVersion") != VERSION or data.get("kind") not in _NAMED:
        return None
    metadata = data.get("metadata")
    name = metadata.get("name") if isinstance(metadata, dict) else None
    return (data["kind"], name) if isinstance(name, str) else None

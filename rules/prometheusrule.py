"""The Prometheus operator's PrometheusRule objects: rule files as Kubernetes manifests, small enough for every limit.

``commands`` builds them from compiled specs. Fields are those of the operator's CRD monitoring.coreos.com/v1
(https://prometheus-operator.dev/docs/api-reference/api/#monitoring.coreos.com/v1.PrometheusRule); the groups are
Prometheus' own, spelled the same. Nothing here talks to a cluster.
"""

import json
import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any

from firebrigade.rules.build import Compiled
from firebrigade.rules.document import Document
from firebrigade.rules.problems import Problem, RulesError
from firebrigade.rules.rulefile import Group, Rule, dump

# The smallest of four limits decides. An API server takes requests of 3 MiB and etcd of 1.5 MiB; the operator refuses
# an object whose rules are more than 512 KiB, half of what its ConfigMap holds; `kubectl apply` keeps the whole object
# as an annotation, and all annotations together may have 256 KiB. The rest is left to annotations of others.
MAXIMUM_BYTES = 240 * 1024
MANAGED_BY = {"app.kubernetes.io/managed-by": "firebrigade"}

_DNS_LABEL = r"[a-z0-9]([-a-z0-9]*[a-z0-9])?"
_LABEL_NAME = r"[A-Za-z0-9]([-A-Za-z0-9_.]*[A-Za-z0-9])?"


@dataclass(frozen=True, slots=True, kw_only=True)
class Place:
    """Where the objects go: their namespace, empty for the one of the kubectl context, and labels of one's own.

    The labels are what a Prometheus' ``ruleSelector`` asks for, such as ``release: prometheus``.
    """

    namespace: str = ""
    labels: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True, slots=True, kw_only=True)
class Manifest:
    """One object; ``name`` is its file's."""

    name: str
    text: str


def manifests(compiled: Sequence[Compiled], place: Place, maximum: int = MAXIMUM_BYTES) -> tuple[Manifest, ...]:
    """Return one object per rule file, or several where one would be too large, the same every time.

    Groups stay whole where they can. A group that is too large alone goes on under its own name in the next object,
    which Prometheus evaluates apart: a rule there may read what the part before recorded one evaluation earlier.

    Args:
        compiled: specs and their rule files.
        place: namespace and labels of all objects.
        maximum: bytes of an object, as the API server's JSON.

    Raises:
        RulesError: namespace or labels are not what Kubernetes takes, two objects would have the same name, or a
            single rule is larger than an object may be.
    """
    built = [piece for part in compiled for piece in _built(part, place, maximum)]
    if problems := [*_place_problems(place), *_oversized(built, maximum), *_collisions(built)]:
        raise RulesError(problems)
    return tuple(Manifest(name=f"{one.name}.yaml", text=dump(one.data, one.part.file.source)) for one in built)


def merged(files: Iterable[Manifest]) -> str:
    """Return all objects as one YAML stream."""
    return "---\n".join(file.text for file in files)


@dataclass(frozen=True, slots=True, kw_only=True)
class _Object:
    part: Compiled
    name: str
    first: Rule
    data: Mapping[str, Any]


def _built(part: Compiled, place: Place, maximum: int) -> Iterator[_Object]:
    """Yield one file's objects; the first keeps the plain name, so that a file that grows leaves no object behind."""
    base = object_name(part.file.name.removesuffix(".yaml"))
    room = maximum - _size(_data(f"{base}-999", (), place))
    for number, groups in enumerate(_packed(part.file.groups, room), start=1):
        name = base if number == 1 else f"{base}-{number}"
        yield _Object(part=part, name=name, first=groups[0].rules[0], data=_data(name, groups, place))


def object_name(stem: str) -> str:
    """Return a name that Kubernetes takes: a DNS-1123 subdomain of at most 253 characters, with room for a number."""
    name = re.sub(r"[^a-z0-9]+", "-", stem.lower()).strip("-")
    return name[:240].rstrip("-") or "rules"


def _packed(groups: Sequence[Group], room: int) -> Iterator[tuple[Group, ...]]:
    packed: list[Group] = []
    used = 0
    for piece in (piece for group in groups for piece in _pieces(group, room)):
        size = _size(piece.to_yaml()) + 1
        if packed and (used + size > room or piece.name == packed[-1].name):
            yield tuple(packed)
            packed, used = [], 0
        packed.append(piece)
        used += size
    if packed:
        yield tuple(packed)


def _pieces(group: Group, room: int) -> Iterator[Group]:
    """Yield a group, in parts if it does not fit into one object."""
    empty = _size(_part(group, ()).to_yaml())
    rules: list[Rule] = []
    used = empty
    for rule in group.rules:
        size = _size(rule.to_yaml()) + 1
        if rules and used + size > room:
            yield _part(group, rules)
            rules, used = [], empty
        rules.append(rule)
        used += size
    yield _part(group, rules)


def _part(group: Group, rules: Sequence[Rule]) -> Group:
    return replace(group, rules=tuple(rules))


def _data(name: str, groups: Sequence[Group], place: Place) -> dict[str, Any]:
    namespace = {"namespace": place.namespace} if place.namespace else {}
    return {
        "apiVersion": "monitoring.coreos.com/v1",
        "kind": "PrometheusRule",
        "metadata": {"name": name, **namespace, "labels": {**MANAGED_BY, **place.labels}},
        "spec": {"groups": [group.to_yaml() for group in groups]},
    }


def _size(data: Any) -> int:
    """Return the bytes of what kubectl keeps as annotation: Go's JSON, which writes <, > and & as six characters."""
    text = json.dumps(data, ensure_ascii=False, separators=(",", ":"))
    return len(text.encode()) + 5 * sum(map(text.count, "<>&"))


def _oversized(built: Iterable[_Object], maximum: int) -> Iterator[Problem]:
    for one in built:
        if (size := _size(one.data)) > maximum:
            message = f"{one.first.name} takes {size} bytes as an object, and {maximum} are the limit; make it shorter"
            yield one.part.source.problem(one.first.origin, message)


def _collisions(built: Iterable[_Object]) -> Iterator[Problem]:
    seen: dict[str, Document] = {}
    for one in built:
        if (other := seen.setdefault(one.name, one.part.source)) is not one.part.source:
            message = f"would become the object {one.name}, as {other.path} does; rename one of them"
            yield one.part.source.problem((), message)


def _place_problems(place: Place) -> Iterator[Problem]:
    if place.namespace and not _is(_DNS_LABEL, place.namespace):
        yield _option("--namespace", f"{place.namespace!r} is no namespace; use lower case letters, digits and -")
    for key, value in place.labels.items():
        prefix, slash, name = key.rpartition("/")
        if not _is(_LABEL_NAME, name) or (slash and not _is(rf"{_DNS_LABEL}(\.{_DNS_LABEL})*", prefix, 253)):
            yield _option("--label", f"{key!r} is no label's name; use letters, digits, -, _ and . (at most 63)")
        if value and not _is(_LABEL_NAME, value):
            yield _option("--label", f"{value!r} is no label's value; use letters, digits, -, _ and . (at most 63)")


def _is(pattern: str, text: str, longest: int = 63) -> bool:
    return len(text) <= longest and re.fullmatch(pattern, text) is not None


def _option(name: str, message: str) -> Problem:
    return Problem(file="", line=0, key=name, message=message)

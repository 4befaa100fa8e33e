"""Label and field selectors: read from a query or from a ``LabelSelector``, and asked whether an object matches.

A selector that can't be read is the caller's mistake (400). Pure.
"""

import re
from collections.abc import Callable, Iterator, Mapping

from sandbox.cluster.errors import bad_request
from sandbox.cluster.resources import EVENTS, PODS, Json, Resource

Labels = Mapping[str, str]
Requirement = Callable[[Labels], bool]

TOKEN = re.compile(r"\s*(==|!=|=|!|\(|\)|,|<|>|[^\s=!(),<>]+)")
EVERYWHERE = ("metadata.name", "metadata.namespace")
OF_PODS = (
    "spec.nodeName",
    "spec.restartPolicy",
    "spec.schedulerName",
    "spec.serviceAccountName",
    "spec.hostNetwork",
    "status.phase",
    "status.podIP",
    "status.podIPs",
    "status.nominatedNodeName",
)
OF_EVENTS = (
    "involvedObject.kind",
    "involvedObject.namespace",
    "involvedObject.name",
    "involvedObject.uid",
    "involvedObject.apiVersion",
    "involvedObject.resourceVersion",
    "involvedObject.fieldPath",
    "reason",
    "reportingComponent",
    "source",
    "type",
)


class _Tokens:
    """The words of a selector, taken one after the other."""

    def __init__(self, text: str) -> None:
        self._words: list[str] = [*TOKEN.findall(text), ""]
        self._next = 0

    def peek(self) -> str:
        return self._words[self._next]

    def take(self) -> str:
        word = self._words[self._next]
        self._next = min(self._next + 1, len(self._words) - 1)
        return word

    def expect(self, *wanted: str) -> str:
        word = self.take()
        if word not in wanted:
            raise _unreadable(word, " or ".join(repr(one) for one in wanted))
        return word

    def identifier(self) -> str:
        word = self.take()
        if not word or not re.match(r"[A-Za-z0-9]", word):
            raise _unreadable(word, "identifier")
        return word


def _unreadable(word: str, expected: str) -> Exception:
    return bad_request(f"unable to parse requirement: found '{word}', expected: {expected}")


def labels(text: str) -> Requirement:
    """Return what a ``labelSelector`` asks for; an empty one matches everything.

    Raises:
        ApiError: 400.
    """
    tokens = _Tokens(text)
    wanted = list(_requirements(tokens)) if tokens.peek() else []
    return lambda found: all(one(found) for one in wanted)


def _requirements(tokens: _Tokens) -> Iterator[Requirement]:
    while True:
        yield _requirement(tokens)
        if not tokens.peek():
            return
        tokens.expect(",", "")


def _requirement(tokens: _Tokens) -> Requirement:
    if tokens.peek() == "!":
        tokens.take()
        absent = tokens.identifier()
        return lambda found: absent not in found
    key = tokens.identifier()
    if tokens.peek() in ("", ","):
        return lambda found: key in found
    operator = tokens.expect("=", "==", "!=", "in", "notin", "<", ">")
    if operator in ("in", "notin"):
        return _one_of(key, _values(tokens), operator == "in")
    value = "" if tokens.peek() in ("", ",") else tokens.identifier()
    if operator in ("<", ">"):
        return _compared(key, operator, value)
    return _one_of(key, {value}, operator != "!=")


def _one_of(key: str, values: set[str], wanted: bool) -> Requirement:
    """A label that is absent is also not one of the values."""
    return lambda found: (key in found and found[key] in values) == wanted


def _compared(key: str, operator: str, value: str) -> Requirement:
    if not value.isdigit():
        raise bad_request(f"unable to parse requirement: values[0]: Invalid value: {value!r}: must be an integer")
    limit = int(value)

    def holds(found: Labels) -> bool:
        number = found.get(key, "")
        return number.isdigit() and (int(number) > limit if operator == ">" else int(number) < limit)

    return holds


def _values(tokens: _Tokens) -> set[str]:
    tokens.expect("(")
    values = {tokens.identifier()}
    while tokens.expect(",", ")") == ",":
        values.add(tokens.identifier())
    return values


def matches(selector: Json | None, found: Labels) -> bool:
    """Say whether labels match a ``LabelSelector`` object; none matches nothing, an empty one everything."""
    if selector is None:
        return False
    equal = all(found.get(key) == value for key, value in selector.get("matchLabels", {}).items())
    return equal and all(_expressed(one, found) for one in selector.get("matchExpressions", []))


def _expressed(expression: Json, found: Labels) -> bool:
    key, operator, values = expression["key"], expression["operator"], expression.get("values", [])
    if operator in ("Exists", "DoesNotExist"):
        return bool((key in found) == (operator == "Exists"))
    return bool((key in found and found[key] in values) == (operator == "In"))


def fields(resource: Resource, text: str) -> Callable[[Json], bool]:
    """Return what a ``fieldSelector`` asks for.

    Raises:
        ApiError: 400 for a field by which this kind can't be selected.
    """
    known = EVERYWHERE + (OF_PODS if resource is PODS else ()) + (OF_EVENTS if resource is EVENTS else ())
    wanted: list[tuple[str, bool, str]] = []
    for part in filter(None, text.split(",")):
        found = re.fullmatch(r"([^=!]+)(==|!=|=)(.*)", part)
        if found is None:
            raise bad_request(f"invalid selector: '{text}'; can't understand '{part}'")
        if found[1] not in known:
            raise bad_request(f"field label not supported: {found[1]}")
        wanted.append((found[1], found[2] != "!=", found[3]))
    return lambda thing: all((_field(thing, path) == value) == equal for path, equal, value in wanted)


def _field(thing: Json, path: str) -> str:
    value: object = thing
    for part in path.split("."):
        value = value.get(part, "") if isinstance(value, dict) else ""
    if path == "source":
        value = thing.get("source", {}).get("component", "")
    return str(value)

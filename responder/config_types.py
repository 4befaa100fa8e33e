"""The types of firebrigade.yaml's values: durations, matchers, names; each has its sentence for what is wrong.

``config_file.py`` makes the blocks of these.
"""

import re
from collections.abc import Iterable, Sequence
from datetime import timedelta
from typing import Annotated, Any

from pydantic import AfterValidator, BeforeValidator, Field

from firebrigade.responder.durations import parse_duration
from firebrigade.responder.matchers import Matcher, parse_matchers
from firebrigade.responder.settings import parse_url


def _duration(value: Any) -> timedelta:
    if value == 0 and not isinstance(value, bool):
        return timedelta()
    if not isinstance(value, str):
        raise ValueError("is a duration without its unit; write it as in 30s, 5m or 1h30m")  # noqa: TRY004 - pydantic's
    return parse_duration(value)


def positive(value: timedelta) -> timedelta:
    """Return the duration; ValueError if it is none at all."""
    if not value:
        raise ValueError("must be longer than nothing")
    return value


def _matcher_list(value: Any) -> Any:
    return [value] if isinstance(value, str) else value


def _matcher_text(value: Any) -> tuple[Matcher, ...]:
    if not isinstance(value, str):
        raise ValueError("""is not a matcher; write a text in quotes, as in 'severity="critical"'""")  # noqa: TRY004 - pydantic's
    return parse_matchers(value)


def flat(lists: Iterable[Sequence[Matcher]]) -> tuple[Matcher, ...]:
    """Return the matchers of a block in one piece: each text of its list may hold several."""
    return tuple(matcher for matchers in lists for matcher in matchers)


def _some_matchers(value: Sequence[Sequence[Matcher]]) -> Sequence[Sequence[Matcher]]:
    if not flat(value):
        raise ValueError("is empty; name at least one matcher")
    return value


def _namespace(value: str) -> str:
    if not re.fullmatch(r"[a-z0-9]([-a-z0-9]{0,61}[a-z0-9])?", value):
        raise ValueError("is not the name of a Kubernetes namespace; patterns are not supported, list each one")
    return value


def _environment(value: str) -> str:
    if not re.fullmatch(r"[a-z0-9]([-a-z0-9]{0,61}[a-z0-9])?", value):
        raise ValueError("is not the name of an environment; write lower case letters, digits and -, as in production")
    return value


def _target_pattern(value: str) -> str:
    if not re.fullmatch(r"[-a-z0-9*?]+/[-a-z0-9.*?]+", value):
        raise ValueError("is not a pattern of targets; write NAMESPACE/NAME with * and ?, agent/NAME or node/NAME")
    return value


def _node_pattern(value: str) -> str:
    if not re.fullmatch(r"[-a-z0-9.*?]+", value):
        raise ValueError("is not a pattern of nodes' names; write a name with * and ?")
    return value


def _within_a_day(value: timedelta) -> timedelta:
    if value > timedelta(days=1):
        raise ValueError("is longer than a day; the guards look no further back")
    return value


def _file_path(value: str) -> str:
    if not value.isprintable():
        raise ValueError("is not the path of a file")
    return value


def _name(value: str) -> str:
    if not value.strip() or not value.isprintable() or len(value) > 100:
        raise ValueError("must be 1 to 100 printable characters")
    return value


Duration = Annotated[timedelta, BeforeValidator(_duration)]
PositiveDuration = Annotated[Duration, AfterValidator(positive)]
WithinADay = Annotated[Duration, AfterValidator(_within_a_day)]
Count = Annotated[int, Field(ge=1, le=10_000)]
NodePattern = Annotated[str, AfterValidator(_node_pattern)]
TargetPattern = Annotated[str, AfterValidator(_target_pattern)]
FilePath = Annotated[str, AfterValidator(_file_path)]
Matchers = Annotated[
    Sequence[Annotated[tuple[Matcher, ...], BeforeValidator(_matcher_text)]],
    BeforeValidator(_matcher_list),
]
SomeMatchers = Annotated[Matchers, AfterValidator(_some_matchers)]
Name = Annotated[str, AfterValidator(_name)]
Namespace = Annotated[str, AfterValidator(_namespace)]
EnvironmentName = Annotated[str, AfterValidator(_environment)]
Url = Annotated[str, AfterValidator(parse_url)]

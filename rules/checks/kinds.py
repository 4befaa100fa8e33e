"""What kinds of checks there are: what each is asked about, and how it answers.

A check is a name, a severity, one line for people, and a function. Nothing here judges; a plain ``Check`` names what is
told elsewhere, so that it can be looked up and ignored like any other.
"""

from collections.abc import Callable, Iterator
from dataclasses import dataclass

from firebrigade.rules.checks.subjects import Entry, Query, RuleSet
from firebrigade.rules.document import KeyPath
from firebrigade.rules.problems import Severity
from firebrigade.rules.rulefile import Group

Place = KeyPath
"""A key below the rule, such as ``("labels", "severity")``."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Check:
    """One thing that can be wrong.

    Attributes:
        name: ``family/what``, as people ignore it.
        severity: of every problem that it tells.
        explains: one line: what is wrong and why that matters.
    """

    name: str
    severity: Severity
    explains: str


@dataclass(frozen=True, slots=True, kw_only=True)
class QueryCheck(Check):
    """Looks at one expression; tells sentences. Rules that differ in label values only share the answer."""

    judge: Callable[[Query], Iterator[str]]


@dataclass(frozen=True, slots=True, kw_only=True)
class RuleCheck(Check):
    """Looks at one rule with its labels and annotations; tells the key and a sentence."""

    judge: Callable[[Entry], Iterator[tuple[Place, str]]]


@dataclass(frozen=True, slots=True, kw_only=True)
class GroupCheck(Check):
    """Looks at one group; tells sentences."""

    judge: Callable[[Group], Iterator[str]]


@dataclass(frozen=True, slots=True, kw_only=True)
class SetCheck(Check):
    """Looks at all rules together; tells the rule, the key and a sentence."""

    judge: Callable[[RuleSet], Iterator[tuple[Entry, Place, str]]]

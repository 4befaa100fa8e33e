"""The contract of actions that are planned by more than their target: the alert's labels, and since when it is. Pure.

The executor gives such an action the trouble when it plans; what of it counts stands in the plan, and ``apply``,
``verify`` and ``undo`` go by that alone.
"""

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Protocol, runtime_checkable

from firebrigade.runbooks.contract import ActionParams, Plan, Refusal, Target

PLACEHOLDER = re.compile(r"\$([a-zA-Z_][a-zA-Z0-9_]*)")
# What may become part of an address: nothing that a server could take for a separator, or for a folder above.
_SAFE = re.compile(r"(?!\.{1,2}\Z)[A-Za-z0-9._:@~-]{1,253}", re.ASCII)


@dataclass(frozen=True, slots=True, kw_only=True)
class Trouble:
    """What a step answers.

    Attributes:
        labels: the alert's; untrusted.
        known_since: when the incident was opened; None where there is none, as for a plan by the command line.
    """

    labels: Mapping[str, str] = field(default_factory=dict)
    known_since: datetime | None = None


@runtime_checkable
class PlansForTrouble(Protocol):
    """An action that is planned with what it answers."""

    def plan_for(
        self, trouble: Trouble, target: Target, params: ActionParams, step_id: str, now: datetime
    ) -> Plan | Refusal:
        """Decide on an absolute change, as ``Action.plan`` does."""
        ...


def rendered(text: str, labels: Mapping[str, str]) -> str:
    """Return a text with ``$label`` replaced by the labels' values.

    Raises:
        ValueError: a label is missing, or its value can't be part of an address; one sentence.
    """

    def value(found: re.Match[str]) -> str:
        given = labels.get(found[1], "")
        if not given:
            raise ValueError(f"The alert carries no label {found[1]}.")
        if not _SAFE.fullmatch(given):
            raise ValueError(f"The value of the label {found[1]} can't be part of an address.")
        return given

    return PLACEHOLDER.sub(value, text)

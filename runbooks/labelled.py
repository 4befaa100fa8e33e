"""The contract of actions that put an alert's labels into what they ask for, beside the target. Pure.

The executor gives such an action the labels when it plans; what they become stands in the plan, and ``apply``,
``verify`` and ``undo`` go by that alone.
"""

import re
from collections.abc import Mapping
from datetime import datetime
from typing import Protocol, runtime_checkable

from firebrigade.runbooks.contract import ActionParams, Plan, Refusal, Target

PLACEHOLDER = re.compile(r"\$([a-zA-Z_][a-zA-Z0-9_]*)")
# What may become part of an address: nothing that a server could take for a separator, or for a folder above.
_SAFE = re.compile(r"(?!\.{1,2}\Z)[A-Za-z0-9._:@~-]{1,253}", re.ASCII)


@runtime_checkable
class PlansWithLabels(Protocol):
    """An action that is planned with the labels of the alert, which are untrusted."""

    def plan_with(
        self, labels: Mapping[str, str], target: Target, params: ActionParams, step_id: str, now: datetime
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

"""OpenSLO v1's alert policies as they are written: conditions and notification targets, inline or by name.

``openslo_alerts.py`` makes tiers of them. What rules can't do is refused here.
"""

from decimal import Decimal
from typing import Annotated, Any, Literal, Self

from pydantic import AfterValidator, BeforeValidator, Field, model_validator

from firebrigade.rules.durations import Duration
from firebrigade.rules.formats.fields import Camel, EmptySequence
from firebrigade.rules.formats.openslo_fields import Metadata, Object, PeriodField, ShorthandField, is_refused

_NO_DATA = "is not read: nobody knows what should be there; set it to false and write an alert with absent(...)"
_BELOW = "is not read: it would tell that the budget is spent slowly; use gt"


class Condition(Camel):
    """When an alert fires: the budget burns ``threshold`` times as fast as it may, over the look-back window."""

    kind: Literal["burnrate"] = "burnrate"
    op: Annotated[Literal["lte", "gte", "lt", "gt"], AfterValidator(is_refused("lt", "lte", sentence=_BELOW))] = "gt"
    threshold: Decimal = Field(gt=0)
    lookback_window: PeriodField
    alert_after: ShorthandField = Field(default_factory=lambda: Duration("0m"))


class ConditionSpec(Camel):
    """A condition, and how bad it is in the user's own word."""

    description: str = ""
    severity: str = Field(min_length=1)
    condition: Condition


class ConditionUse(Camel):
    """A policy's condition: a reference or the condition itself."""

    condition_ref: str = ""
    api_version: Literal["openslo/v1"] = "openslo/v1"
    kind: Literal["AlertCondition"] = "AlertCondition"
    metadata: Metadata | None = None
    spec: ConditionSpec | None = None

    @model_validator(mode="after")
    def _one(self) -> Self:
        if bool(self.condition_ref) == bool(self.spec and self.metadata):
            raise ValueError("needs either conditionRef, or metadata and spec; give it exactly one of them")
        return self


class TargetSpec(Camel):
    """Where somebody is told."""

    description: str = ""
    target: str = Field(min_length=1)


class TargetUse(Camel):
    """A policy's notification target: a reference or the target itself."""

    target_ref: str = ""
    api_version: Literal["openslo/v1"] = "openslo/v1"
    kind: Literal["AlertNotificationTarget"] = "AlertNotificationTarget"
    metadata: Metadata | None = None
    spec: TargetSpec | None = None

    @model_validator(mode="after")
    def _one(self) -> Self:
        if bool(self.target_ref) == bool(self.spec and self.metadata):
            raise ValueError("needs either targetRef, or metadata and spec; give it exactly one of them")
        return self

    @property
    def name(self) -> str:
        """What it is called."""
        return self.target_ref or (self.metadata.name if self.metadata else "")


class PolicySpec(Camel):
    """Conditions, and who is told. That an alert has ended is told by Alertmanager's receivers."""

    description: str = ""
    alert_when_no_data: Annotated[bool, AfterValidator(is_refused(True, sentence=_NO_DATA))] = False
    alert_when_resolved: bool = False
    alert_when_breaching: bool = True
    conditions: tuple[ConditionUse, ...] = Field(min_length=1)
    notification_targets: Annotated[tuple[TargetUse, ...], EmptySequence] = ()


def _reference(value: Any) -> Any:
    return {"alertPolicyRef": value} if isinstance(value, str) else value


class PolicyUse(Camel):
    """An SLO's alert policy: a name, a reference or the policy itself."""

    alert_policy_ref: str = ""
    api_version: Literal["openslo/v1"] = "openslo/v1"
    kind: Literal["AlertPolicy"] = "AlertPolicy"
    metadata: Metadata | None = None
    spec: PolicySpec | None = None

    @model_validator(mode="after")
    def _one(self) -> Self:
        if bool(self.alert_policy_ref) == bool(self.spec):
            raise ValueError("needs either alertPolicyRef or spec; give it exactly one of them")
        return self


PolicyUseField = Annotated[PolicyUse, BeforeValidator(_reference)]


class AlertPolicy(Object):
    """An object of kind AlertPolicy."""

    kind: Literal["AlertPolicy"]
    spec: PolicySpec


class AlertCondition(Object):
    """An object of kind AlertCondition."""

    kind: Literal["AlertCondition"]
    spec: ConditionSpec


class AlertNotificationTarget(Object):
    """An object of kind AlertNotificationTarget."""

    kind: Literal["AlertNotificationTarget"]
    spec: TargetSpec

"""What a change must not make rise, and how long ago it was made: the records of that comparison (``rises.py``)."""

from dataclasses import dataclass
from datetime import timedelta


@dataclass(frozen=True, slots=True, kw_only=True)
class MustNotRise:
    """A value in Prometheus that a change must not make rise, such as the share of requests that fail.

    Attributes:
        query: PromQL for an instant vector; ``$label`` inside a quoted matcher value stands for the alert's label.
        rises_by: by how much more than before the change it counts as worse, in the query's own unit.
        looks_back: how far into the past the query looks; before that much has passed it still tells of the time before
            the change.
    """

    query: str
    rises_by: float
    looks_back: timedelta


@dataclass(frozen=True, slots=True, kw_only=True)
class ChangeAge:
    """How long ago a change was made: between two durations, as nobody knows the moment itself.

    Attributes:
        begun: since its intent was written down; surely before the change.
        made: since its answer came; surely after it.
    """

    begun: timedelta
    made: timedelta

"""What an OpenSLO object refers to by name, read from wherever it is, and where that is.

``openslo_indicators.py`` and ``openslo_alerts.py`` resolve names through it.
"""

from dataclasses import dataclass
from typing import Generic, TypeVar

from pydantic import BaseModel

from firebrigade.rules.document import Document, KeyPath
from firebrigade.rules.formats.shelf import Shelf
from firebrigade.rules.problems import RulesError

Model = TypeVar("Model", bound=BaseModel)


@dataclass(frozen=True, slots=True, kw_only=True)
class Found(Generic[Model]):
    """A part of an object.

    Attributes:
        value: what was written.
        source: the document that it is in.
        at: where in it.
    """

    value: Model
    source: Document
    at: KeyPath


@dataclass(frozen=True, slots=True, kw_only=True)
class Reference:
    """A name, and where it was written."""

    kind: str
    name: str
    source: Document
    at: KeyPath

    def find(self, shelf: Shelf, model: type[Model]) -> Found[Model]:
        """Return the object of that name.

        Raises:
            RulesError: there is none, or it is wrong.
        """
        source = shelf.find(self.kind, self.name)
        if source is None:
            raise RulesError([self.source.problem(self.at, self._missing(shelf))])
        return Found(value=source.parse(model, spelling="alias"), source=source, at=(*source.root, "spec"))

    def _missing(self, shelf: Shelf) -> str:
        known = ", ".join(shelf.names(self.kind))
        there = f"there is {known}" if known else "name its file or its folder as well"
        return f"there is no {self.kind} {self.name}; {there}"

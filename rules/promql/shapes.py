"""When two expressions are the same but for label values, so that what holds for one holds for the other.

``check.py`` judges each shape once: a thousand SLOs differ in little more than ``sloth_id="..."``. A value is left out
of the shape, and what checks can see of it stays in: which values of an expression are equal, and which series are
known to have them.
"""

import re
from collections.abc import Iterable, Mapping

from firebrigade.rules.contract import Series

# A label stands behind a brace, a comma or a space; looking for that first is eight times as fast as for each letter.
_MATCHER = re.compile(r'(?<=[{,\s])([A-Za-z_]\w*)\s*(=~|!~|!=|=)\s*"((?:[^"\\]++|\\.)*+)"')


class Shapes:
    """Tells shapes apart by what is known about label values.

    Args:
        series: all series that may be selected, with the values of labels that have a fixed few.
    """

    def __init__(self, series: Iterable[Series]) -> None:
        having: dict[tuple[str, str], set[str]] = {}
        for one in series:
            for label, values in one.values.items():
                for value in values:
                    having.setdefault((label, value), set()).add(one.name)
        self._kinds: Mapping[tuple[str, str], int] = _numbered(having)

    def of(self, text: str) -> str:
        """Return an expression's shape."""
        patterned = {label for label, operator, _ in _MATCHER.findall(text) if "~" in operator} if "~" in text else ()
        seen: dict[str, int] = {}

        def blank(match: re.Match[str]) -> str:
            label, operator, value = match.groups()
            if not value or label == "__name__" or label in patterned:
                return match[0]
            return f'{label}{operator}"#{seen.setdefault(value, len(seen))}.{self._kinds.get((label, value), 0)}"'

        return _MATCHER.sub(blank, text)


def _numbered(having: Mapping[tuple[str, str], set[str]]) -> dict[tuple[str, str], int]:
    """Give values that the same series have the same number; 0 is for values that nobody lists."""
    numbers: dict[frozenset[str], int] = {}
    return {key: numbers.setdefault(frozenset(names), len(numbers) + 1) for key, names in having.items()}

"""Makes untrusted text fit for a channel: one line, no control characters, cut to a vendor's limit.

Called by the receivers before they escape for their channel; escaping itself stays with each receiver.
"""

import re
from collections.abc import Iterable, Mapping
from itertools import islice

# Text that turns the reading direction round can make "up" look like "down" (Unicode TR 36, section 3.1).
_DIRECTION = re.compile("[\u061c\u200e\u200f\u202a-\u202e\u2066-\u2069]")
# Unicode's control characters (Cc) and its two line ends; C1 too, because terminals obey some of them.
_CONTROL = re.compile("[\x00-\x1f\x7f-\x9f\u2028\u2029]")
_ELLIPSIS = "…"


def one_line(text: str, limit: int) -> str:
    """Return the text as one line of at most ``limit`` characters, without control characters or lone surrogates."""
    # Cutting first bounds the work that a huge annotation makes; most of what is dropped below is white space.
    text = _DIRECTION.sub("", text[: limit * 2])
    sound = _CONTROL.sub(" ", text).encode("utf-8", "replace").decode("utf-8")
    return clip(" ".join(sound.split()), limit)


def clip(text: str, limit: int) -> str:
    """Cut to at most ``limit`` characters, the last one being an ellipsis where something was cut."""
    return text if len(text) <= limit else text[: limit - 1] + _ELLIPSIS


def pairs(values: Mapping[str, str], *, count: int, limit: int) -> dict[str, str]:
    """Return the first ``count`` labels or annotations by name, each on one line of at most ``limit`` characters."""
    names = islice(sorted(values), count)
    return {one_line(name, limit): one_line(values[name], limit) for name in names}


def lines(entries: Iterable[str], *, limit: int) -> list[str]:
    """Return each entry on one line, leaving out the empty ones."""
    return [line for entry in entries if (line := one_line(entry, limit))]

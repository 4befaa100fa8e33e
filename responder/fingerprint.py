"""The fingerprint of a label set, computed as Prometheus and Alertmanager do. Pure.

Used by ``payload.py``: a sender that omits a fingerprint is helped, one that lies is noticed. Not a security measure:
FNV is not a cryptographic hash, and whoever may post alerts may choose their labels.

Source: FNV-1a, 64 bits (http://www.isthe.com/chongo/tech/comp/fnv/); the layout is that of ``LabelSet.Fingerprint`` in
https://github.com/prometheus/common/tree/main/model
"""

from firebrigade.responder.model import Labels

_OFFSET_BASIS = 0xCBF29CE484222325
_PRIME = 0x100000001B3
_64_BITS = 0xFFFFFFFFFFFFFFFF
_SEPARATOR = b"\xff"  # never part of UTF-8, so two label sets can't run into each other


def fingerprint(labels: Labels) -> str:
    """Return the 16 lowercase hexadecimal digits that identify an alert with these labels.

    Raises:
        UnicodeEncodeError: a name or value holds a lone surrogate, which no UTF-8 text does.
    """
    state = _OFFSET_BASIS
    for byte in _serialize(labels):
        state = ((state ^ byte) * _PRIME) & _64_BITS
    return f"{state:016x}"


def _serialize(labels: Labels) -> bytes:
    # Go sorts names by bytes and Python by code points; in UTF-8 the two orders are the same.
    parts = (text.encode() + _SEPARATOR for name in sorted(labels) for text in (name, labels[name]))
    return b"".join(parts)

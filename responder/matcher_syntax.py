"""Alertmanager's two ways of writing matchers, as text to (name, operator, value).

Called by ``matchers.py``, which makes conditions of what is found here; this module gives the words no meaning. As
Alertmanager does by default, a text is read the classic way first, which keeps the meaning of what was written for old
versions, and the UTF-8 way only where the classic one refuses it (quoted names, names outside ASCII).
Source: https://prometheus.io/docs/alerting/latest/configuration/#label-matchers
"""

import re
from collections.abc import Iterator

Parts = tuple[str, str, str]

CLASSIC_NAME = re.compile(r"[a-zA-Z_:][a-zA-Z0-9_:]*")
_SPACE = " \t\n\f\r"
_CLASSIC = re.compile(rf"[{_SPACE}]*({CLASSIC_NAME.pattern})[{_SPACE}]*(=~|!=|!~|=)(.*)", re.DOTALL)
_UP_TO_COMMA = re.compile(r'((?:[^\\",]|\\.|\\\Z|"(?:[^\\"]|\\.)*(?:"|\\?\Z))*)(,|\Z)', re.DOTALL)
_CLASSIC_ESCAPES = {"n": "\n", '"': '"', "\\": "\\"}

_WORD = r"""[^\s{}!=~,\\"'`]+"""
_QUOTED = r'"(?:[^"\\\n]|\\.)*"'
_UTF8 = re.compile(rf"\s*({_QUOTED}|{_WORD})\s*(=~|!=|!~|=)\s*({_QUOTED}|{_WORD})\s*(,|\Z)")
_GO_ESCAPE = re.compile(rb'\\(?:([abfnrtv\\"])|x([0-9a-fA-F]{2})|([0-7]{3})|u([0-9a-fA-F]{4})|U([0-9a-fA-F]{8})|())')
_GO_LETTERS = dict(zip(b'abfnrtv\\"', (b"\a", b"\b", b"\f", b"\n", b"\r", b"\t", b"\v", b"\\", b'"'), strict=True))


def split_matchers(text: str) -> list[Parts]:
    """Return name, operator and value of each matcher in a comma-separated list, with or without braces.

    Raises:
        ValueError: neither way of writing allows the text; one sentence that names the part at fault.
    """
    try:
        return list(_classic(text))
    except ValueError as classic:
        try:
            return list(_utf8(text))
        except ValueError as utf8:
            raise (utf8 if '"' in text.partition("=")[0] or not text.isascii() else classic) from None


def quote(text: str) -> str:
    """Return the text between double quotes, escaped so that both ways of writing read it back."""
    return '"' + text.replace("\\", "\\\\").replace('"', '\\"').replace("\n", "\\n") + '"'


def _classic(text: str) -> Iterator[Parts]:
    for piece in _split_at_commas(text.removeprefix("{").removesuffix("}")):
        found = _CLASSIC.fullmatch(piece)
        if not found:
            raise ValueError(f'{piece.strip()!r} is not a matcher: write name="value" with one of = != =~ !~')
        yield found[1], found[2], _classic_value(found[3].strip(_SPACE))


def _split_at_commas(text: str) -> list[str]:
    pieces = []
    for found in _UP_TO_COMMA.finditer(text):
        pieces.append(found[1])
        if not found[2]:
            break
    return pieces if pieces[-1].strip(_SPACE) else pieces[:-1]  # one comma may follow the last matcher


def _classic_value(raw: str) -> str:
    quoted = raw.startswith('"')
    inner = raw[1:] if quoted else raw
    if quoted:
        if not re.fullmatch(r'(?:[^"\\]|\\.)*"', inner, re.DOTALL):
            raise ValueError(f"the value {raw} must end with its only unescaped double quote")
        inner = inner[:-1]
    elif re.search(r'(?:^|[^\\])(?:\\\\)*"', inner):
        raise ValueError(f'the value {raw!r} holds an unescaped double quote: write it between quotes, with \\" inside')
    # Any other backslash stands for itself, so that "\d+" needs no doubling.
    return re.sub(r'\\([n"\\])', lambda found: _CLASSIC_ESCAPES[found[1]], inner)


def _utf8(text: str) -> Iterator[Parts]:
    text = text.strip()
    if text.startswith("{") != text.endswith("}"):
        raise ValueError(f"the braces around {text!r} are not a pair: write both or none")
    inner = text[1:-1].strip() if text.startswith("{") else text
    at = 0
    while at < len(inner):
        found = _UTF8.match(inner, at)
        if not found:
            raise ValueError(f'{inner[at:].strip()!r} is not a matcher: write "name"="value" with one of = != =~ !~')
        yield _unquote(found[1]), found[2], _unquote(found[3])
        at = found.end()


def _unquote(token: str) -> str:
    if not token.startswith('"'):
        return token
    try:
        return _GO_ESCAPE.sub(_go_escape, token[1:-1].encode()).decode()
    except UnicodeError:
        raise ValueError(f"{token} is not valid UTF-8") from None


def _go_escape(found: re.Match[bytes]) -> bytes:
    letter, two, three, four, eight, wrong = found.groups()
    if wrong is not None:
        raise ValueError(f"{found.string.decode()!r} has a backslash that escapes nothing: write \\\\ for a backslash")
    if letter:
        return _GO_LETTERS[letter[0]]
    if two or three:
        return (int(two, 16) if two else int(three, 8) & 0xFF).to_bytes()
    code = int(four or eight, 16)
    if code > 0x10FFFF:
        raise ValueError(f"{found[0].decode()} is no Unicode character")
    return chr(code).encode()

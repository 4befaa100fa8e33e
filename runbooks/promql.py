"""PromQL in runbooks: what a verification query may look like, and how an alert's labels get into it. Pure.

The loader checks queries, the executor renders them. A placeholder is ``$label`` inside the quoted value of a matcher,
nowhere else, so a label's value can change which series are looked at and never what is asked.
"""

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass

import promql_parser

_PLACEHOLDER = re.compile(r"\$([a-zA-Z_][a-zA-Z0-9_]*)")
_TOKEN = re.compile(
    r"""(?P<comment>\#[^\n]*)
      | (?P<string>"(?:\\.|[^"\\])*" | '(?:\\.|[^'\\])*' | `[^`]*`)
      | (?P<operator>=~|!~|!=|==|=)
      | (?P<brace>[{}])
      | (?P<other>\s+|[^\s"'`{}=!#]+|.)""",
    re.VERBOSE | re.DOTALL,
)
_COMPARISONS = {"==", "!=", ">", "<", ">=", "<="}
_SET_OPERATORS = {"and", "or", "unless"}
_REGEX_SPECIAL = re.compile(r"[\\.+*?()|\[\]{}^$]")


@dataclass(frozen=True, slots=True, kw_only=True)
class _Token:
    """A piece of the query; ``operator`` is set on a matcher's quoted value only."""

    kind: str
    text: str
    operator: str = ""


def check_query(query: str) -> str | None:
    """Return what is wrong with a verification query, or None.

    Beyond PromQL's own grammar it must be an instant vector whose values mean true or false: a comparison without
    ``bool`` drops the series for which it is false, and keeps a true one at its value, which may be 0.
    """
    problem = check_instant(query)
    if not problem and filters(promql_parser.parse(query)):
        return "compares without bool: write == bool 1, so that a series that is not true stays visible"
    return problem


def check_instant(query: str) -> str | None:
    """Return what is wrong with a query for values at one moment, or None."""
    try:
        expression = promql_parser.parse(query)
    except ValueError as error:
        return f"is not PromQL: {error}"
    if isinstance(expression, promql_parser.MatrixSelector | promql_parser.SubqueryExpr | promql_parser.StringLiteral):
        return "must be an instant vector, not a range or a string"
    return _misplaced(query)


def placeholders(query: str) -> frozenset[str]:
    """Return the names of the labels that a query needs."""
    values = [token.text for token in _tokens(query) if token.operator]
    return frozenset(name for text in values for name in _PLACEHOLDER.findall(text))


def render_query(query: str, labels: Mapping[str, str]) -> str:
    """Put an alert's labels into a query that passed ``check_query``.

    Args:
        query: PromQL with ``$label`` inside matcher values.
        labels: untrusted; each value is escaped for its quotes and, in ``=~`` and ``!~``, for the expression.

    Raises:
        KeyError: the alert has no such label.
    """
    return "".join(_rendered(token, labels) for token in _tokens(query))


def filters(expression: object) -> bool:
    """Return whether the outermost operator, or one below and/or/unless, is a comparison that drops series."""
    if isinstance(expression, promql_parser.ParenExpr):
        return filters(expression.expr)
    if not isinstance(expression, promql_parser.BinaryExpr):
        return False
    operator = str(expression.op)
    if operator in _COMPARISONS:
        return not (expression.modifier and expression.modifier.return_bool)
    return operator in _SET_OPERATORS and (filters(expression.lhs) or filters(expression.rhs))


def _rendered(token: _Token, labels: Mapping[str, str]) -> str:
    if not token.operator:
        return token.text
    quote, regex = token.text[0], token.operator.endswith("~")
    return _PLACEHOLDER.sub(lambda found: _escaped(labels[found[1]], quote, regex), token.text)


def _escaped(value: str, quote: str, regex: bool) -> str:
    # A lone surrogate, which JSON can carry, is no UTF-8: Prometheus could not have such a label.
    value = value.encode("utf-8", "replace").decode()
    # RE2 reads an escaped punctuation character as itself; re.escape also escapes characters that RE2 refuses.
    text = _REGEX_SPECIAL.sub(r"\\\g<0>", value) if regex else value
    text = text.replace("\\", "\\\\").replace(quote, "\\" + quote)
    return re.sub(r"[\x00-\x1f\x7f]", lambda found: f"\\x{ord(found[0]):02x}", text)


def _misplaced(query: str) -> str | None:
    for token in _tokens(query):
        # "$1" in label_replace is Prometheus' own and stays as it is.
        if token.kind == "string" and _PLACEHOLDER.search(token.text) and not token.operator:
            return f"has a placeholder in {token.text}, which is not the value of a matcher"
        if token.operator and token.text.startswith("`") and _PLACEHOLDER.search(token.text):
            return f"has a placeholder in {token.text}: nothing can be escaped in backticks, use double quotes"
    return None


def _tokens(query: str) -> Iterator[_Token]:
    depth, operator = 0, ""
    for match in _TOKEN.finditer(query):
        kind, text = match.lastgroup or "other", match[0]
        if kind == "brace":
            depth += 1 if text == "{" else -1
        yield _Token(kind=kind, text=text, operator=operator if kind == "string" and depth > 0 else "")
        if kind == "operator":
            operator = text
        elif kind != "comment" and text.strip():
            operator = ""

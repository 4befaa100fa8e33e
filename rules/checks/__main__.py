"""``python -m firebrigade.rules.checks`` prints the table of docs/checks.md; a test compares them."""

import sys

from firebrigade.rules import checks


def table() -> str:
    """Return all checks as a Markdown table."""
    rows = (f"| `{one.name}` | {one.severity} | {one.explains} |" for one in checks.every().values())
    return "\n".join(("| check | severity | a rule that … |", "|---|---|---|", *rows))


if __name__ == "__main__":
    sys.stdout.write(f"{table()}\n")

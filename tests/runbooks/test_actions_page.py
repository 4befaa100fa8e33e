"""docs/actions.md is what the docstrings say."""

import subprocess
import sys
from pathlib import Path

from firebrigade.runbooks.registry import action_classes

PAGE = Path(__file__).parents[2] / "docs" / "actions.md"


def test_the_page_of_the_actions_is_printed_from_their_docstrings() -> None:
    command = [sys.executable, "-m", "firebrigade.runbooks"]
    printed = subprocess.run(command, capture_output=True, text=True, check=True, timeout=60).stdout
    assert PAGE.read_text() == printed


def test_the_page_names_every_action_and_every_parameter_with_a_meaning() -> None:
    text = PAGE.read_text()
    for name, action in action_classes().items():
        section = text.partition(f"\n## {name}\n")[2].partition("\n## ")[0]
        for parameter in action.Params.model_fields:
            row = next(line for line in section.splitlines() if line.startswith(f"| `{parameter}` |"))
            assert len(row.split("|")[3].strip()) > 5, parameter

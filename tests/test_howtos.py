"""The how-tos' examples are what the registries and the contract tests take."""

import importlib.util
import re
import subprocess
import sys
from pathlib import Path
from types import ModuleType

from firebrigade.receivers.registry import collect
from firebrigade.rules import commands
from firebrigade.rules.grafana.spec import Panel
from firebrigade.runbooks.loader import RunbookLibrary
from firebrigade.runbooks.registry import action_classes

ROOT = Path(__file__).resolve().parents[1]


def example(howto: str, language: str = "python") -> str:
    """Return the first block of a how-to in a language."""
    text = (ROOT / "docs" / "howto" / howto).read_text()
    found = re.search(rf"^(`{{3,}}){language}\n(.*?)^\1$", text, re.DOTALL | re.MULTILINE)
    assert found is not None
    return found[2]


def module_of(code: str, folder: Path, name: str) -> ModuleType:
    (folder / f"{name}.py").write_text(code)
    spec = importlib.util.spec_from_file_location(name, folder / f"{name}.py")
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


def test_the_how_tos_receiver_is_a_receiver(tmp_path: Path) -> None:
    found = collect([module_of(example("add-a-receiver.md"), tmp_path, "gateway")])
    assert set(found) == {"gateway"}


def test_the_how_tos_channel_can_be_pasted_into_the_contract_tests() -> None:
    text = (ROOT / "docs" / "howto" / "add-a-receiver.md").read_text()
    imports, channel, line = re.findall(r"^```python\n(.*?)^```$", text, re.DOTALL | re.MULTILINE)[2:]
    tests = (ROOT / "tests" / "receivers" / "conftest.py").read_text()
    above, opening, below = tests.partition("CHANNELS: ")
    declaration, bracket, rest = below.partition("{\n")
    pasted = "".join([imports, above, channel, "\n\n", opening, declaration, bracket, line, rest])
    command = [sys.executable, "-m", "ruff", "check", "--isolated", "--select", "F", "-"]
    checked = subprocess.run(command, input=pasted, capture_output=True, text=True)
    assert checked.returncode == 0, checked.stdout  # every name is defined, every import is used


def test_the_how_tos_action_has_every_member_of_an_action(tmp_path: Path) -> None:
    action = module_of(example("add-an-action.md"), tmp_path, "resume_rollout").ResumeRollout
    members = {name for name in action_classes()["scale_deployment"].__dict__ if not name.startswith("_")}
    assert members - {"came_back"} <= set(action.__dict__)  # only where the effect of an undo takes a while


def test_the_how_tos_runbook_loads(tmp_path: Path) -> None:
    (tmp_path / "queue-stuck.md").write_text(example("add-a-runbook.md", "markdown"))
    (runbook,) = RunbookLibrary.load(tmp_path)
    assert (runbook.name, runbook.alerts) == ("queue-stuck", ("QueueStuck",))


def test_the_how_tos_dashboard_has_no_problems(tmp_path: Path) -> None:
    (tmp_path / "checkout.yaml").write_text(example("add-a-dashboard.md", "yaml"))
    assert commands.check([tmp_path / "checkout.yaml"]).problems == ()


def test_the_how_to_explains_every_key_of_a_panel() -> None:
    text = (ROOT / "docs" / "howto" / "add-a-dashboard.md").read_text()
    assert [key for key in Panel.model_fields if f"`{key}`" not in text] == []


def test_the_how_tos_conditions_load(tmp_path: Path) -> None:
    steps = example("add-a-runbook.md", "yaml\nsteps:")
    (tmp_path / "one.md").write_text(f"---\ntitle: One\nalerts: [One]\nsteps:\n{steps}---\nOne.\n")
    (runbook,) = RunbookLibrary.load(tmp_path)
    assert runbook.steps[1].when["step"][0]["result"] == ["holds", "unknown"]

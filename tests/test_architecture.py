"""Who may import whom, and the rules that an import linter can't see. Each rule is also shown to notice a breach."""

import ast
import re
import shutil
import subprocess
import sys
import tomllib
from collections.abc import Callable, Iterator, Mapping
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[1]
FOLDERS = ("rules", "responder", "receivers", "runbooks")
MAXIMUM_LINES = 300
BANNED_WORDS = {"sink", "playbook", "finding", "manager", "helper", "util", "utility", "processor"}

# Over the limit before the limit was tested. None may grow, and no other may join them.
TOO_LONG: Mapping[str, int] = {
    "tests/responder/web/test_api.py": 304,
    "tests/responder/web/test_webhook.py": 315,
    "tests/runbooks/test_kube.py": 342,
    "tests/sandbox/test_fleet_faults.py": 318,
}

# One import for each contract of pyproject.toml that breaks it: where it is written, and what.
BREACHES: Mapping[str, tuple[str, str]] = {
    "The rule library stands alone": ("rules/build.py", "import firebrigade.runbooks.targets"),
    "Only live/client.py of the rule library speaks to a server": ("rules/live/history.py", "import requests"),
    "Only the command line knows the rule library": ("responder/app.py", "import firebrigade.rules.build"),
    "The rule library's layers point downwards": ("rules/slo/series.py", "import firebrigade.rules.build"),
    "Receivers and runbooks know their own contract and never the responder": (
        "receivers/log.py",
        "import firebrigade.responder.clock",
    ),
    "Receivers and runbooks are independent": ("runbooks/guards/history.py", "import firebrigade.receivers.text"),
    "The four folders never know the sandbox or the tests": ("responder/serve.py", "import sandbox.faults"),
    "The responder's layers point downwards": ("responder/model.py", "import firebrigade.responder.pipeline"),
    "Stages do not know each other": ("responder/stages/notify.py", "import firebrigade.responder.stages.escalate"),
    "The web side knows the store and the engine by records.py alone": (
        "responder/webhook.py",
        "import firebrigade.responder.store.store",
    ),
    "What decides does no input or output": ("responder/conclusion.py", "import requests"),
    "Only the store speaks SQL": ("responder/composition.py", "import sqlalchemy"),
    "Only kube.py and its errors know the Kubernetes client": ("runbooks/workloads.py", "import kubernetes"),
    "Only the web side knows Flask": ("responder/engine/local.py", "import flask"),
    "Only serve knows gunicorn": ("responder/listener.py", "import gunicorn"),
    "Only the engine schedules, and only cron.py reads cron expressions": ("receivers/log.py", "import apscheduler"),
    "Each vendor's client belongs to its receiver": ("receivers/log.py", "import slack_sdk"),
    "Only the command line talks to a terminal": ("responder/engine/sweep.py", "import click"),
}


def python_files() -> list[Path]:
    """Return every Python file of the checkout that is ours."""
    ours = (*FOLDERS, "sandbox", "tests")
    return sorted(path for folder in ours for path in (ROOT / folder).rglob("*.py") if "__pycache__" not in path.parts)


def product_files() -> list[Path]:
    return [path for path in python_files() if path.relative_to(ROOT).parts[0] in FOLDERS]


def name_of(path: Path) -> str:
    return path.relative_to(ROOT).as_posix()


def contracts() -> list[str]:
    settings = tomllib.loads((ROOT / "pyproject.toml").read_text())["tool"]["importlinter"]
    return [contract["name"] for contract in settings["contracts"]]


def lint_imports(folder: Path) -> str:
    """Return what the import linter says of the packages below a folder."""
    command = [sys.executable, "-c", "from importlinter.cli import lint_imports_command; lint_imports_command()"]
    arguments = ["--no-cache", "--no-logo", "--config", str(folder / "pyproject.toml")]
    environment = {"PYTHONPATH": str(folder), "COLUMNS": "200", "PATH": ""}
    done = subprocess.run([*command, *arguments], cwd=folder, env=environment, capture_output=True, text=True)
    return done.stdout + done.stderr


def copy_packages(folder: Path) -> None:
    shutil.copy(ROOT / "pyproject.toml", folder)
    for name in FOLDERS:
        shutil.copytree(ROOT / name, folder / "firebrigade" / name, ignore=shutil.ignore_patterns("__pycache__"))


def verdicts(output: str) -> dict[str, str]:
    return {name: found for name, found in re.findall(r"^(.+) (KEPT|BROKEN)(?: \(.+\))?$", output, re.MULTILINE)}


def test_every_import_contract_is_kept(tmp_path: Path) -> None:
    copy_packages(tmp_path)
    output = lint_imports(tmp_path)
    assert verdicts(output) == dict.fromkeys(contracts(), "KEPT"), output


def test_every_import_contract_notices_its_breach(tmp_path: Path) -> None:
    assert set(BREACHES) == set(contracts())
    copy_packages(tmp_path)
    for file, line in BREACHES.values():
        path = tmp_path / "firebrigade" / file
        path.write_text(f"{path.read_text()}\n{line}\n")
    output = lint_imports(tmp_path)
    assert verdicts(output) == dict.fromkeys(contracts(), "BROKEN"), output


def reads_environment(tree: ast.AST) -> Iterator[str]:
    for node in ast.walk(tree):
        if isinstance(node, ast.Attribute) and isinstance(node.value, ast.Name):
            name = f"{node.value.id}.{node.attr}"
            if name in {"os.environ", "os.environb", "os.getenv"}:
                yield f"line {node.lineno}: {name}"
        if isinstance(node, ast.ImportFrom) and node.module == "os":
            yield from (f"line {node.lineno}: os.{one.name}" for one in node.names if "env" in one.name)


def reads_wall_clock(tree: ast.AST) -> Iterator[str]:
    for node in ast.walk(tree):
        if isinstance(node, ast.Attribute) and isinstance(node.value, ast.Name):
            name = f"{node.value.id}.{node.attr}"
            if re.fullmatch(
                r"(datetime|date)\.(now|utcnow|today)|time\.(time|time_ns|sleep|gmtime|localtime|strftime)", name
            ):
                yield f"line {node.lineno}: {name}"
        if isinstance(node, ast.ImportFrom) and node.module == "time":
            yield from (f"line {node.lineno}: time.{one.name}" for one in node.names if one.name != "monotonic")


def says_banned_word(tree: ast.AST) -> Iterator[str]:
    for node in ast.walk(tree):
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef | ast.ClassDef):
            yield from (f"line {node.lineno}: {node.name} says {word}" for word in banned_words(node.name))


def banned_words(name: str) -> set[str]:
    """Return the banned words in a name: snake_case and CamelCase, one or several of the thing."""
    words = {word.lower() for word in re.findall(r"[A-Z]+(?![a-z])|[A-Z]?[a-z]+", name)}
    return (words | {word.removesuffix("s") for word in words}) & BANNED_WORDS


def imports_by_bare_name(tree: ast.AST) -> Iterator[str]:
    for node in ast.walk(tree):
        if isinstance(node, ast.ImportFrom):
            if node.level or (node.module or "").split(".")[0] in FOLDERS:
                yield f"line {node.lineno}: from {'.' * node.level}{node.module or ''}"
        elif isinstance(node, ast.Import):
            names = [one.name for one in node.names if one.name.split(".")[0] in FOLDERS]
            yield from (f"line {node.lineno}: import {name}" for name in names)


def imports_driver(tree: ast.AST) -> Iterator[str]:
    for node in ast.walk(tree):
        names = [node.module or ""] if isinstance(node, ast.ImportFrom) else []
        names += [one.name for one in node.names] if isinstance(node, ast.Import) else []
        yield from (f"import {name}" for name in names if name.split(".")[0] in {"sqlite3", "psycopg"})


Rule = Callable[[ast.AST], Iterator[str]]


def breaches(rule: Rule, paths: list[Path], *, except_for: tuple[str, ...] = ()) -> dict[str, list[str]]:
    found = {name_of(path): list(rule(ast.parse(path.read_text()))) for path in paths}
    return {name: lines for name, lines in found.items() if lines and name not in except_for}


def test_only_settings_reads_the_environment() -> None:
    assert breaches(reads_environment, product_files(), except_for=("responder/settings.py",)) == {}


def test_only_the_clock_reads_the_wall_clock() -> None:
    assert breaches(reads_wall_clock, product_files(), except_for=("responder/clock.py",)) == {}


def test_no_driver_of_a_database_is_imported_directly() -> None:
    assert breaches(imports_driver, product_files()) == {}


def test_imports_are_absolute_and_name_the_namespace() -> None:
    assert breaches(imports_by_bare_name, python_files()) == {}


def test_no_class_or_function_is_named_by_a_banned_word() -> None:
    assert breaches(says_banned_word, python_files()) == {}


def test_no_module_is_named_by_a_banned_word() -> None:
    assert [name_of(path) for path in python_files() if banned_words(path.stem)] == []


def test_no_module_is_longer_than_300_lines() -> None:
    lengths = {name_of(path): len(path.read_text().splitlines()) for path in python_files()}
    too_long = {name: lines for name, lines in lengths.items() if lines > TOO_LONG.get(name, MAXIMUM_LINES)}
    assert too_long == {}


def test_every_module_says_what_it_is() -> None:
    silent = [name_of(path) for path in product_files() if not ast.get_docstring(ast.parse(path.read_text()))]
    assert silent == []


@pytest.mark.parametrize(
    ("rule", "code", "noticed"),
    [
        pytest.param(reads_environment, "os.environ['X']", True, id="os.environ is noticed"),
        pytest.param(reads_environment, "os.getenv('X')", True, id="os.getenv is noticed"),
        pytest.param(reads_environment, "from os import environ", True, id="environ imported alone is noticed"),
        pytest.param(reads_environment, "os.getpid()", False, id="other parts of os are allowed"),
        pytest.param(reads_wall_clock, "datetime.now(UTC)", True, id="datetime.now is noticed"),
        pytest.param(reads_wall_clock, "datetime.utcnow()", True, id="datetime.utcnow is noticed"),
        pytest.param(reads_wall_clock, "date.today()", True, id="date.today is noticed"),
        pytest.param(reads_wall_clock, "time.time()", True, id="time.time is noticed"),
        pytest.param(reads_wall_clock, "time.sleep(1)", True, id="time.sleep is noticed"),
        pytest.param(reads_wall_clock, "from time import time", True, id="time imported alone is noticed"),
        pytest.param(reads_wall_clock, "time.monotonic() + 1", False, id="a deadline may use the monotonic clock"),
        pytest.param(reads_wall_clock, "datetime.fromisoformat(x)", False, id="reading a time from text is allowed"),
        pytest.param(imports_driver, "import sqlite3", True, id="sqlite3 is noticed"),
        pytest.param(imports_driver, "from psycopg import sql", True, id="psycopg is noticed"),
        pytest.param(imports_by_bare_name, "from responder import model", True, id="a bare name is noticed"),
        pytest.param(imports_by_bare_name, "from . import model", True, id="a relative import is noticed"),
        pytest.param(imports_by_bare_name, "from firebrigade.rules import build", False, id="the namespace is right"),
        pytest.param(says_banned_word, "class AlertManager: ...", True, id="a manager is noticed"),
        pytest.param(says_banned_word, "def slack_sinks(): ...", True, id="a plural is noticed"),
        pytest.param(says_banned_word, "class Alertmanager: ...", False, id="Alertmanager is a name"),
        pytest.param(says_banned_word, "def _utilization(): ...", False, id="utilization is another word"),
    ],
)
def test_a_rule_notices_its_breach_and_nothing_else(rule: Rule, code: str, noticed: bool) -> None:
    assert bool(list(rule(ast.parse(code)))) is noticed

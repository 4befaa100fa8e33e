"""The documents say what the code has: commands, settings, keys, options, errors, metrics; their links lead on."""

import ast
import os
import re
import subprocess
import sys
import tomllib
from collections.abc import Iterator
from pathlib import Path

import click
import pytest

from firebrigade.receivers.registry import find_receivers
from firebrigade.responder.app import create_app
from firebrigade.responder.authentication import Access, make_credentials
from firebrigade.responder.cli import main
from firebrigade.responder.clock import ManualClock
from firebrigade.responder.collector import StoreCollector, TrustCollector
from firebrigade.responder.config import load_config
from firebrigade.responder.config_file import ConfigFile, keys_at
from firebrigade.responder.settings import Settings
from firebrigade.responder.store.database import Database
from firebrigade.responder.store.store import Store
from firebrigade.responder.telemetry import Metrics
from firebrigade.responder.trust import TrustSettings
from firebrigade.responder.trusting import Trusting
from firebrigade.runbooks.contract import RefusalReason, Runbook, RunbookStep

ROOT = Path(__file__).resolve().parents[1]
FOLDERS = ("rules", "responder", "receivers", "runbooks")
REFERENCE = (ROOT / "docs" / "reference.md").read_text()
EXAMPLE = (ROOT / "deploy" / "firebrigade.yaml").read_text()
README = (ROOT / "README.md").read_text()
NOT_OURS = {".venv", ".links", ".git", ".cache", ".work", "build", "dist", "node_modules", "payloads"}
TEXT = {".md", ".py", ".yaml", ".yml", ".toml", ".txt", ".sh", ""}
# Put together here, so that this file does not hold what it looks for.
FORBIDDEN = ("/" + "work/", "/" + "tmp/", "py" + "pi.", "python" + "hosted", "shared" + "/DESIGN", "shared" + "/STYLE")


def files() -> list[Path]:
    """Return every text file of the checkout that is ours."""
    found = []
    for folder, names, leaves in os.walk(ROOT):
        names[:] = [name for name in names if name not in NOT_OURS and not name.endswith(("_cache", ".egg-info"))]
        names[:] = [name for name in names if name not in {"__pycache__", ".hypothesis"}]
        found += [Path(folder) / leaf for leaf in leaves if Path(leaf).suffix in TEXT and leaf not in NOT_OURS]
    return sorted(found)


def documents() -> list[Path]:
    return [path for path in files() if path.suffix == ".md" and path.parent != ROOT / "runbooks"]


def name_of(path: Path) -> str:
    return path.relative_to(ROOT).as_posix()


def commands(command: click.Command, words: tuple[str, ...] = ()) -> Iterator[str]:
    """Yield every command that does something, as it is typed behind ``firebrigade``."""
    if not isinstance(command, click.Group):
        yield " ".join(words)
        return
    context = click.Context(command)
    for name in command.list_commands(context):
        below = command.get_command(context, name)
        assert below is not None
        yield from commands(below, (*words, name))


def settings() -> set[str]:
    """Return the variables that settings.py asks for, read from its source."""
    tree = ast.parse((ROOT / "responder" / "settings.py").read_text())
    calls = [node for node in ast.walk(tree) if isinstance(node, ast.Call) and isinstance(node.func, ast.Attribute)]
    asked = [call.args[0] for call in calls if getattr(call.func, "attr", "") in {"_text", "_secret"} and call.args]
    return {f"FIREBRIGADE_{one.value!s}" for one in asked if isinstance(one, ast.Constant)}


def errors() -> set[str]:
    """Return the public error classes of the four folders, read from their sources."""
    paths = [path for folder in FOLDERS for path in (ROOT / folder).rglob("*.py")]
    nodes = [node for path in paths for node in ast.walk(ast.parse(path.read_text()))]
    names = {node.name for node in nodes if isinstance(node, ast.ClassDef)}
    return {name for name in names if name.endswith("Error") and not name.startswith("_")}


def config_keys(path: tuple[str, ...] = ()) -> Iterator[str]:
    for key in keys_at(path):
        yield key
        if not path:
            yield from config_keys((key,))


def headings(path: Path) -> set[str]:
    lines = re.findall(r"^#+ (.+)$", path.read_text(), re.MULTILINE)
    return {re.sub(r"[^\w -]", "", line).strip().lower().replace(" ", "-") for line in lines}


def links() -> list[tuple[Path, str]]:
    found = []
    for path in documents():
        prose = re.sub(r"^(`{3,}).*?^\1", "", path.read_text(), flags=re.DOTALL | re.MULTILINE)
        found += [(path, target) for target in re.findall(r"\]\(([^)\s]+)\)", prose)]
    return [(path, target) for path, target in found if not re.match(r"[a-z]+:", target)]


def test_the_lists_below_are_not_empty() -> None:
    assert len(list(commands(main))) > 15
    assert len(settings()) > 8
    assert len(errors()) > 15
    assert len(set(config_keys())) > 25
    assert len(links()) > 30


@pytest.mark.parametrize("command", sorted(commands(main)))
def test_every_command_is_documented(command: str) -> None:
    assert re.search(rf"`(firebrigade )?{command}[ `]", REFERENCE), command


@pytest.mark.parametrize("command", sorted(set(re.findall(r"`(?:firebrigade )([a-z-]+(?: [a-z]+)?)", REFERENCE))))
def test_every_documented_command_exists(command: str) -> None:
    assert any(known == command or known.startswith(f"{command} ") for known in commands(main))


@pytest.mark.parametrize("variable", sorted(settings()))
def test_every_setting_is_documented(variable: str) -> None:
    assert f"| `{variable}`" in REFERENCE


def test_every_documented_setting_exists() -> None:
    documented = set(re.findall(r"\| `(FIREBRIGADE_[A-Z_]+)`", REFERENCE))
    assert documented == settings()


@pytest.mark.parametrize("key", sorted(set(config_keys()) - {"version"}))
def test_every_key_of_the_configuration_is_in_the_example(key: str) -> None:
    assert re.search(rf"^\W*{key.removesuffix('_file')}(_file)?:", EXAMPLE, re.MULTILINE)


@pytest.mark.parametrize("block", ["policies", "alertmanagers", "maintenance", "routes"])
def test_every_key_of_a_named_block_is_in_the_example(block: str) -> None:
    keys = {key.removesuffix("_file") for key in keys_at((block, "any"))}
    assert keys
    assert [key for key in sorted(keys) if not re.search(rf"\b{key}(_file)?\b", EXAMPLE)] == []


@pytest.mark.parametrize(
    ("receiver", "option"),
    [(name, option) for name, kind in sorted(find_receivers().items()) for option in kind.Config.model_fields],
)
def test_every_option_of_a_receiver_is_documented(receiver: str, option: str) -> None:
    table = REFERENCE.partition("Options of receivers")[2].partition("## Commands")[0]
    rows = re.split(r"^\| (?=[a-z])", table, flags=re.MULTILINE)
    own = "".join(row for row in rows if row.startswith(f"{receiver} "))
    assert own, f"docs/reference.md: the table of receivers' options has no row that begins with {receiver}; add it"
    assert f"`{option}`" in own, f"docs/reference.md: the option {option} of {receiver} is not described; add it"


@pytest.mark.parametrize("error", sorted(errors()))
def test_every_error_is_documented(error: str) -> None:
    assert f"`{error}`" in REFERENCE.partition("## Errors")[2]


@pytest.fixture
def store(tmp_path: Path) -> Iterator[Store]:
    found = Store(Database(f"sqlite:///{tmp_path / 'docs.sqlite'}"))
    found.migrate()
    yield found
    found.close()


def test_every_metric_is_documented(store: Store) -> None:
    registry = Metrics().registry
    StoreCollector(store, ManualClock(), registry)
    runbook = Runbook(
        name="one", title="", alerts=(), steps=(RunbookStep(name="s", action="a", target={}),), body="", path=""
    )
    settings = TrustSettings(environments=("production",))
    TrustCollector(Trusting(ledger=store.ledger, runbooks=[runbook], settings=settings), registry)
    families = {family.name for family in registry.collect() if family.name.startswith("firebrigade_")}
    documented = re.findall(r"^\| `(firebrigade_\w+)`", REFERENCE, re.MULTILINE)
    assert {name.removesuffix("_total") for name in documented} == families


class IdleEngine:
    alive = True

    def wake(self) -> None:
        pass


def test_every_route_is_documented(store: Store) -> None:
    access = Access(webhook=make_credentials(insecure=True), api=make_credentials(insecure=True))
    config = load_config(None, Settings())
    app = create_app(store, config, access, ManualClock(), IdleEngine(), Metrics())
    rules = [rule for rule in app.url_map.iter_rules() if rule.endpoint != "static"]
    routes = {
        (method, re.sub(r"<(?:\w+:)?(?:incident_)?(\w+)>", r"<\1>", rule.rule))
        for rule in rules
        for method in (rule.methods or set()) & {"GET", "POST", "PUT", "DELETE"}
    }
    table = REFERENCE.partition("## HTTP")[2].partition("\n## ")[0]
    rows = re.findall(r"^\| (`(?:GET|POST).*?) \|", table, re.MULTILINE)
    written = [(re.findall(r"GET|POST|PUT|DELETE", row), re.search(r"/[^?\[`]*", row)) for row in rows]
    assert routes == {(method, path[0]) for methods, path in written if path for method in methods}


def test_every_dependency_has_its_reason() -> None:
    project = tomllib.loads((ROOT / "pyproject.toml").read_text())
    wanted = [*project["project"]["dependencies"], *project["dependency-groups"]["dev"]]
    debian = [line for line in (ROOT / "debian-packages.txt").read_text().splitlines() if not line.startswith("#")]
    table = README.partition("## What each dependency is for")[2].partition("\n## ")[0]
    names = {name.strip() for row in re.findall(r"^\| ([^|]+) \|", table, re.MULTILINE) for name in row.split(",")}
    named = {name.removesuffix(" (Debian)") for name in names}
    missing = [name for line in [*wanted, *debian] if (name := re.split(r"[\[<>=]", line)[0]) not in named]
    assert missing == []


@pytest.mark.parametrize(("document", "target"), [pytest.param(p, t, id=f"{name_of(p)}: {t}") for p, t in links()])
def test_every_link_leads_somewhere(document: Path, target: str) -> None:
    path, _, heading = target.partition("#")
    there = document.parent / path if path else document
    assert there.exists()
    assert not heading or heading in headings(there)


def test_every_test_that_a_document_names_exists() -> None:
    texts = [README, (ROOT / "docs" / "architecture.md").read_text(), (ROOT / "CONTRIBUTING.md").read_text()]
    named = {name for text in texts for name in re.findall(r"`(tests/[\w/.]*)`", text)}
    assert len(named) > 10
    assert [name for name in sorted(named) if not (ROOT / name).exists()] == []


def test_no_file_names_a_path_of_a_machine_or_the_host_of_a_registry() -> None:
    found = {name_of(path): [one for one in FORBIDDEN if one in path.read_text()] for path in files()}
    assert {name: said for name, said in found.items() if said} == {}


def test_the_example_configuration_is_accepted_by_the_command_line(tmp_path: Path) -> None:
    secrets = re.findall(r"^\s*\w+_file: (secrets/\S+)", EXAMPLE, re.MULTILINE)
    assert secrets
    for name in secrets:
        path = tmp_path / name
        path.parent.mkdir(exist_ok=True)
        path.write_text("0123456789abcdef0123456789abcdef")
    (tmp_path / "firebrigade.yaml").write_text(EXAMPLE)
    code = "from firebrigade.responder.cli import main; main()"
    done = subprocess.run(
        [sys.executable, "-c", code, "config", "check", "--config", "firebrigade.yaml"],
        cwd=tmp_path,
        env={"PATH": "/usr/bin:/bin", "HOME": str(tmp_path)},
        capture_output=True,
        text=True,
    )
    assert done.returncode == 0, done.stderr


def test_the_readmes_configurations_have_keys_that_exist() -> None:
    blocks = [block for block in re.findall(r"```yaml\n(.*?)```", README, re.DOTALL) if "webhook_configs" not in block]
    assert len(blocks) == 3
    keys = {line.partition(":")[0] for block in blocks for line in block.splitlines() if re.match(r"\w", line)}
    assert keys <= set(ConfigFile.model_fields)


@pytest.mark.parametrize("reason", list(RefusalReason))
def test_every_reason_of_a_refusal_is_documented(reason: RefusalReason) -> None:
    assert re.search(rf"^\| .*`{reason.value}`.* \|", REFERENCE, re.MULTILINE), reason

"""The wheel: built from a clean copy without network, compared with the folders, installed elsewhere, and used."""

import shutil
import subprocess
import sys
import zipfile
from collections.abc import Callable
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[1]
FOLDERS = ("rules", "responder", "receivers", "runbooks")

Run = Callable[..., str]


def run(*command: str, cwd: Path, python_path: Path | None = None) -> str:
    environment = {"PATH": "/usr/bin:/bin", "HOME": str(cwd), "PYTHONDONTWRITEBYTECODE": "1"}
    if python_path:
        environment["PYTHONPATH"] = str(python_path)
    done = subprocess.run([sys.executable, *command], cwd=cwd, env=environment, capture_output=True, text=True)
    assert done.returncode == 0, f"{' '.join(command)}\n{done.stdout}\n{done.stderr}"
    return done.stdout


@pytest.fixture(scope="module")
def wheel(tmp_path_factory: pytest.TempPathFactory) -> Path:
    checkout = tmp_path_factory.mktemp("checkout")
    for name in FOLDERS:
        shutil.copytree(ROOT / name, checkout / name, ignore=shutil.ignore_patterns("__pycache__"))
    for name in ("pyproject.toml", "README.md"):
        shutil.copy(ROOT / name, checkout)
    offline = ("--no-build-isolation", "--no-index", "--no-deps", "--disable-pip-version-check")
    run("-m", "pip", "wheel", *offline, "--wheel-dir", "dist", ".", cwd=checkout)
    (built,) = (checkout / "dist").glob("*.whl")
    return built


@pytest.fixture(scope="module")
def installed(wheel: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Return a folder that holds what the wheel installs, and nothing else."""
    folder = tmp_path_factory.mktemp("installed")
    run("-m", "pip", "install", "--quiet", "--no-index", "--no-deps", "--target", str(folder), str(wheel), cwd=folder)
    return folder


@pytest.fixture
def firebrigade(installed: Path, tmp_path: Path) -> Run:
    """Return the installed command line, run in an empty folder."""

    def call(*arguments: str) -> str:
        code = "from firebrigade.responder.cli import main; main()"
        return run("-c", code, *arguments, cwd=tmp_path, python_path=installed)

    return call


def names_in(wheel: Path) -> set[str]:
    with zipfile.ZipFile(wheel) as archive:
        return set(archive.namelist())


def test_the_wheel_holds_every_file_of_the_four_folders_and_no_other(wheel: Path) -> None:
    expected = {
        f"firebrigade/{path.relative_to(ROOT)}"
        for name in FOLDERS
        for path in (ROOT / name).rglob("*")
        if path.is_file() and "__pycache__" not in path.parts
    }
    assert {name for name in names_in(wheel) if ".dist-info/" not in name} == expected


@pytest.mark.parametrize("folder", FOLDERS)
def test_each_folder_says_that_it_is_typed(wheel: Path, folder: str) -> None:
    assert f"firebrigade/{folder}/py.typed" in names_in(wheel)


def test_the_wheel_names_its_command_and_its_readme(wheel: Path) -> None:
    with zipfile.ZipFile(wheel) as archive:
        facts = {Path(name).name: name for name in archive.namelist() if ".dist-info/" in name}
        assert "firebrigade = firebrigade.responder.cli:main" in archive.read(facts["entry_points.txt"]).decode()
        assert "# Firebrigade" in archive.read(facts["METADATA"]).decode()


def test_what_is_tried_below_is_the_installed_wheel_and_not_the_checkout(installed: Path, tmp_path: Path) -> None:
    code = "import firebrigade.rules as a, firebrigade.responder as b; print(a.__file__, b.__file__)"
    for path in run("-c", code, cwd=tmp_path, python_path=installed).split():
        assert Path(path).is_relative_to(installed)


def test_the_installed_rules_are_built(firebrigade: Run) -> None:
    built = firebrigade("rules", "build", "--out", "-")
    assert "alert: ServiceDown" in built
    assert "slo:sli_error:ratio_rate" in built


def test_the_installed_runbooks_are_listed(firebrigade: Run) -> None:
    listed = firebrigade("runbook", "list")
    assert all(path.stem in listed for path in (ROOT / "runbooks").glob("*.md"))


def test_the_installed_service_accepts_its_default_configuration(firebrigade: Run) -> None:
    assert firebrigade("config", "check")


def test_the_installed_migrations_make_a_database(installed: Path, tmp_path: Path) -> None:
    code = (
        "from firebrigade.responder.store.database import Database\n"
        "from firebrigade.responder.store.store import Store\n"
        "store = Store(Database('sqlite:///made.sqlite'))\n"
        "store.migrate()\n"
        "print(store.automation_on())\n"
        "store.close()\n"
    )
    assert run("-c", code, cwd=tmp_path, python_path=installed).strip() == "True"
    assert (tmp_path / "made.sqlite").exists()

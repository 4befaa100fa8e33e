"""Runs promtool, and believes it only if it says SUCCESS.

``check.py`` has rule files checked, ``commands.py`` and the tests run single cases. ``cases.py`` judges test files
before they come here. Written for promtool 2.42 and 3.x: 2.42 has no --run, no --junit, and prints results on two
streams that don't interleave, so one process gets one file.
"""

import shutil
import subprocess
import tempfile
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from firebrigade.rules.problems import Problem, RulesError
from firebrigade.rules.testing.cases import TEST_FILE, Case, CaseResult, files

# A quarter of its time went into collecting garbage of a process that ends at once (https://pkg.go.dev/runtime).
_LESS_GARBAGE = ["env", "GOGC=800", "GOMEMLIMIT=2GiB"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Promtool:
    """One promtool and how long it may take for one file."""

    command: str = "promtool"
    timeout_seconds: float = 120.0

    def version(self) -> str:
        """Return the first line of what it says about itself.

        Raises:
            RulesError: it is missing or does not answer.
        """
        return self._run(["--version"]).stdout.partition("\n")[0]

    def check_rules(self, texts: Mapping[str, str], lint: bool = True) -> Mapping[str, str]:
        """Return what is wrong with rule files given by name and text; empty when nothing is.

        Args:
            texts: the files by their names.
            lint: whether what Prometheus loads and its lint does not like is wrong, too.

        Raises:
            RulesError: promtool is missing or does not answer.
        """
        with tempfile.TemporaryDirectory(prefix="firebrigade-rules-") as folder:
            paths = [Path(folder) / name for name in texts]
            for path, text in zip(paths, texts.values(), strict=True):
                path.write_text(text, encoding="utf-8")
            return dict(self._refused(paths, ["--lint=all", "--lint-fatal"] if lint else ["--lint=none"]))

    def run_case(self, case: Case) -> CaseResult:
        """Run one case in a file and a process of its own.

        Raises:
            RulesError: promtool is missing or does not answer.
        """
        return case.result(*self._test(files([case]), self.timeout_seconds))

    def run_cases(self, cases: Sequence[Case]) -> tuple[CaseResult, ...]:
        """Run cases of one batch in one process, since starting it takes longer than most of them.

        What it says when one fails names no file and no line, so then each case is run on its own.

        Raises:
            RulesError: promtool is missing or does not answer.
        """
        if len(cases) > 1:
            passed, output = self._test(files(cases), self.timeout_seconds * len(cases))
            if passed:
                return tuple(case.result(passed, output) for case in cases)
        return tuple(map(self.run_case, cases))

    def measure(self, written: Mapping[str, str]) -> str:
        """Return all that promtool says about a test file that is written to fail.

        Args:
            written: the test file, and those that it names, by their names.

        Raises:
            RulesError: promtool is missing or does not answer.
        """
        return self._tested(written)[1]

    def confused(self, said: str) -> RulesError:
        """Return the error for an answer that is none; ``said`` is all of it."""
        return _unusable(f"{self.command} was asked for values and said something else: {' '.join(said.split())[:300]}")

    def _test(self, written: Mapping[str, str], timeout_seconds: float) -> tuple[bool, str]:
        done, output = self._tested(written, timeout_seconds)
        return done.returncode == 0 and "SUCCESS" in done.stdout, output

    def _tested(
        self, written: Mapping[str, str], timeout_seconds: float | None = None
    ) -> tuple[subprocess.CompletedProcess[str], str]:
        with tempfile.TemporaryDirectory(prefix="firebrigade-case-") as folder:
            for name, text in written.items():
                (Path(folder) / name).write_text(text, encoding="utf-8")
            done = self._run(["test", "rules", str(Path(folder) / TEST_FILE)], timeout_seconds)
            return done, _cleaned(done.stdout + done.stderr, folder)

    def _refused(self, paths: Sequence[Path], options: Sequence[str]) -> Iterator[tuple[str, str]]:
        """Yield the names of files and what is wrong with them.

        Only a process of its own tells which file it speaks of, so what is refused together is asked again in halves.
        """
        said = self._check(paths, options) if paths else ""
        if said and len(paths) == 1:
            yield paths[0].name, said
        elif said:
            half = len(paths) // 2
            yield from self._refused(paths[:half], options)
            yield from self._refused(paths[half:], options)

    def _check(self, paths: Sequence[Path], options: Sequence[str]) -> str:
        done = self._run(["check", "rules", *options, *map(str, paths)])
        return "" if done.returncode == 0 else _cleaned(done.stderr or done.stdout, str(paths[0].parent))

    def _run(self, arguments: Sequence[str], timeout_seconds: float | None = None) -> subprocess.CompletedProcess[str]:
        limit = timeout_seconds or self.timeout_seconds
        try:
            return subprocess.run(
                [*_LESS_GARBAGE, self._found(), *arguments],
                capture_output=True,
                text=True,
                timeout=limit,
                check=False,
                stdin=subprocess.DEVNULL,
            )
        except subprocess.TimeoutExpired:
            raise _unusable(
                f"{self.command} took longer than {limit:g} seconds; make the case shorter or its interval longer"
            ) from None

    def _found(self) -> str:
        found = shutil.which(self.command)
        if found is None and Path(self.command).exists():
            raise _unusable(f"{self.command} can't be run; check its rights")
        if found is None:
            raise _unusable(f"{self.command} is not installed; install the package prometheus, which has it")
        return found


def _unusable(message: str) -> RulesError:
    return RulesError([Problem(file="", line=0, key="", message=message)])


def _cleaned(output: str, folder: str) -> str:
    lines = (line.rstrip() for line in output.replace(f"{folder}/", "").splitlines())
    return "\n".join(line for line in lines if line.strip() and not line.startswith("Unit Testing:"))

"""Results of promtool cases, found again by content, so that only what changed is run: a case, or a rule that it needs.

``commands.test`` and the tests run cases through it. A cache is never needed: one that can't be
read or written, or holds rubbish, costs time and nothing else. It judges nothing; that is ``promtool.py``'s.
"""

import contextlib
import hashlib
import json
import os
import tempfile
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Protocol

from firebrigade.rules.testing.cases import Case, CaseResult
from firebrigade.rules.testing.promtool import Promtool

_FORMAT = "2"  # another number makes everything that was kept unknown
_LOOKS = "00"  # a result whose name starts so, one of 256, is the moment to look at the cache's size


class RunsCases(Protocol):
    """promtool, or what stands in for it."""

    def run_case(self, case: Case) -> CaseResult:
        """Run one case, or know what became of it."""

    def run_cases(self, cases: Sequence[Case]) -> Sequence[CaseResult]:
        """Run cases of one batch, or know what became of them."""


@dataclass(frozen=True, slots=True, kw_only=True)
class CaseCache:
    """One promtool's results in a folder that any number of processes may share.

    Attributes:
        promtool: runs what is not known.
        folder: where they lie, one file for each; made when it is missing.
        version: what the promtool says of itself; another one's results are not believed.
        most: how many results are kept, roughly; the oldest go first.
    """

    promtool: Promtool
    folder: Path
    version: str
    most: int = 50_000

    def run_case(self, case: Case) -> CaseResult:
        """Return what became of the same case before, or run it.

        Raises:
            RulesError: promtool is missing or does not answer.
        """
        return self.run_cases([case])[0]

    def run_cases(self, cases: Sequence[Case]) -> tuple[CaseResult, ...]:
        """Return what became of cases of one batch before, and run the others together.

        Raises:
            RulesError: promtool is missing or does not answer.
        """
        known = [self._known(case) for case in cases]
        unknown = [case for case, result in zip(cases, known, strict=True) if result is None]
        ran = iter(self.promtool.run_cases(unknown))
        return tuple(result or self._kept(case, next(ran)) for case, result in zip(cases, known, strict=True))

    def _known(self, case: Case) -> CaseResult | None:
        kept = _read(self._path(case))
        return case.result(*kept) if kept else None

    def _kept(self, case: Case, result: CaseResult) -> CaseResult:
        if result.ran:  # what died of something else may do better next time
            self._keep(self._path(case), result)
        return result

    def _path(self, case: Case) -> Path:
        content = json.dumps([_FORMAT, self.version, case.content, case.rule_texts], default=str)
        key = hashlib.sha256(content.encode()).hexdigest()
        return self.folder / key[:2] / key[2:]

    def _keep(self, path: Path, result: CaseResult) -> None:
        # The name comes last and at once, so that no other process ever reads half a result.
        with contextlib.suppress(OSError):
            path.parent.mkdir(parents=True, exist_ok=True)
            with tempfile.NamedTemporaryFile("w", dir=path.parent, encoding="utf-8", delete=False) as file:
                json.dump({"passed": result.passed, "output": result.output}, file)
            os.replace(file.name, path)
        if path.name.startswith(_LOOKS):
            self._drop_old()

    def _drop_old(self) -> None:
        with contextlib.suppress(OSError):
            ages = sorted((path.stat().st_mtime_ns, path) for path in self.folder.glob("??/*"))
            for _, path in ages[: -self.most]:
                path.unlink(missing_ok=True)


def runner(promtool: Promtool, folder: Path | None) -> RunsCases:
    """Return what runs cases: promtool with the cache in a folder, or promtool alone without one.

    Raises:
        RulesError: promtool is missing or does not answer.
    """
    return promtool if folder is None else CaseCache(promtool=promtool, folder=folder, version=promtool.version())


def _read(path: Path) -> tuple[bool, str] | None:
    try:
        kept = json.loads(path.read_text(encoding="utf-8"))
        passed, output = kept["passed"], kept["output"]
    except (OSError, ValueError, KeyError, TypeError):
        return None
    return (passed, output) if isinstance(passed, bool) and isinstance(output, str) else None

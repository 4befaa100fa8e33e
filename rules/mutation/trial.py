"""What the cases say of a mutant: promtool is asked, the quick cases first, until one of them notices."""

import dataclasses
import hashlib
import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path

from firebrigade.rules.mutation.mutant import Mutant
from firebrigade.rules.mutation.ruleset import Place, Rule
from firebrigade.rules.mutation.subject import CutCase, Subject
from firebrigade.rules.problems import Problem, RulesError
from firebrigade.rules.testing.casecache import RunsCases
from firebrigade.rules.testing.cases import CaseResult


@dataclass(frozen=True, slots=True, kw_only=True)
class Verdict:
    """What became of a mutant.

    Attributes:
        noticed_by: the case that failed, as ``file:line: name``; empty if none did.
        because: why no case can notice it, if that is declared.
    """

    subject: Subject
    mutant: Mutant
    noticed_by: str
    because: str = ""

    @property
    def state(self) -> str:
        """``noticed``, ``equivalent`` or ``survived``."""
        if self.noticed_by:
            return "noticed"
        return "equivalent" if self.because else "survived"

    @property
    def survived(self) -> bool:
        """Whether no case noticed it although one could."""
        return self.state == "survived"

    @property
    def line(self) -> int:
        """The line of what was changed in the rule file."""
        return self.subject.line(self.mutant)


@dataclass(frozen=True, slots=True, kw_only=True)
class Trials:
    """Runs cases on rule files that it writes into a folder."""

    runner: RunsCases
    folder: Path
    _sound: set[tuple[str, str, Place]] = field(default_factory=set)

    def verdict(self, subject: Subject, mutant: Mutant) -> Verdict | None:
        """Return what the cases say of a mutant; None if promtool was ended before it said anything.

        Raises:
            RulesError: promtool is missing or does not answer, or a case fails although nothing was changed.
        """
        for cut in subject.cases:
            result = self._run(cut, {subject.place: mutant.rule})
            if result.passed:
                continue
            if not result.ran:
                return None
            self._check(cut, subject.place)
            noticed_by = f"{result.file}:{result.line}: {result.name}"
            return Verdict(subject=subject, mutant=mutant, noticed_by=noticed_by)
        return Verdict(subject=subject, mutant=mutant, noticed_by="")

    def _check(self, cut: CutCase, place: Place) -> None:
        """Make sure that a case that noticed something does not always fail."""
        which = (cut.case.file, cut.case.name, place)
        if which not in self._sound:
            result = self._run(cut, {})
            if result.ran and not result.passed:
                message = "fails although nothing was changed; make `firebrigade rules test` pass first"
                raise RulesError([Problem(file=result.file, line=result.line, key=result.name, message=message)])
            self._sound.add(which)

    def _run(self, cut: CutCase, changed: Mapping[Place, Rule]) -> CaseResult:
        text = json.dumps({"groups": cut.rules.text_of(cut.needed, changed)}, ensure_ascii=False)
        path = self.folder / f"{hashlib.sha256(text.encode()).hexdigest()}.yaml"
        if not path.exists():
            path.write_text(text, encoding="utf-8")  # JSON is YAML
        return self.runner.run_case(dataclasses.replace(cut.case, rule_files=(path,)))

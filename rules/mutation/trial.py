"""What the cases say of a mutant: promtool is asked, the quick cases first, until one of them notices."""

from dataclasses import dataclass, field, replace

from firebrigade.rules.mutation.mutant import Mutant
from firebrigade.rules.mutation.subject import Subject
from firebrigade.rules.problems import Problem, RulesError
from firebrigade.rules.testing.casecache import RunsCases
from firebrigade.rules.testing.cases import Case
from firebrigade.rules.testing.ruleset import Place


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
    """Runs the cases of mutants."""

    runner: RunsCases
    _sound: set[tuple[str, str, Place]] = field(default_factory=set)

    def verdict(self, subject: Subject, mutant: Mutant) -> Verdict | None:
        """Return what the cases say of a mutant; None if promtool was ended before it said anything.

        Raises:
            RulesError: promtool is missing or does not answer, or a case fails although nothing was changed.
        """
        for case in subject.cases:
            result = self.runner.run_case(_changed(case, subject.place, mutant))
            if result.passed:
                continue
            if not result.ran:
                return None
            self._check(case, subject.place)
            noticed_by = f"{result.file}:{result.line}: {result.name}"
            return Verdict(subject=subject, mutant=mutant, noticed_by=noticed_by)
        return Verdict(subject=subject, mutant=mutant, noticed_by="")

    def _check(self, case: Case, place: Place) -> None:
        """Make sure that a case that noticed something does not always fail."""
        which = (case.file, case.name, place)
        if which not in self._sound:
            result = self.runner.run_case(case)
            if result.ran and not result.passed:
                message = "fails although nothing was changed; make `firebrigade rules test` pass first"
                raise RulesError([Problem(file=result.file, line=result.line, key=result.name, message=message)])
            self._sound.add(which)


def _changed(case: Case, place: Place, mutant: Mutant) -> Case:
    return replace(case, rules=case.rules.replaced(place, mutant.rule))

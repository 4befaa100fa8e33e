"""The commands on rules, as functions. The command line and the tests call them; nothing is printed here.

Without files, each works on the bundled library.
"""

from firebrigade.rules.commands.building import (
    Built,
    build,
    build_dashboards,
    build_inhibit_rules,
    build_prometheusrules,
)
from firebrigade.rules.commands.checking import Budget, Checked, check
from firebrigade.rules.commands.mutating import Effort, Mutated, mutate
from firebrigade.rules.commands.options import Options
from firebrigade.rules.commands.reporting import measure, measurements, picture, report
from firebrigade.rules.commands.testing import Outcome, test
from firebrigade.rules.live.client import Server
from firebrigade.rules.live.look import Question
from firebrigade.rules.mutation.trial import Verdict
from firebrigade.rules.prometheusrule import Place

__all__ = [
    "Budget",
    "Built",
    "Checked",
    "Effort",
    "Mutated",
    "Options",
    "Outcome",
    "Place",
    "Question",
    "Server",
    "Verdict",
    "build",
    "build_dashboards",
    "build_inhibit_rules",
    "build_prometheusrules",
    "check",
    "measure",
    "measurements",
    "mutate",
    "picture",
    "report",
    "test",
]

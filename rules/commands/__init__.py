"""The commands on rules, as functions. The command line and the tests call them; nothing is printed here.

Without files, each works on the bundled library.
"""

from firebrigade.rules.commands.building import Built, build
from firebrigade.rules.commands.checking import check
from firebrigade.rules.commands.testing import Outcome, test

__all__ = ["Built", "Outcome", "build", "check", "test"]

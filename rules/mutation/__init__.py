"""Rules broken on purpose, one change at a time, to ask whether their promtool cases would notice.

``rules.commands.mutating`` and the tests call ``subject.subjects`` for the rules and the cases that ought to notice,
``mutant.mutations`` for what to break, and ``trial.Trials`` to ask promtool. One file for each family of changes:
numbers, operators, selections, aggregations, keys. Nothing here decides whether a rule is good.
"""

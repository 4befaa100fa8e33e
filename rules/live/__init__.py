"""A running Prometheus, asked about rules: do their series exist, and how often would their alerts have fired.

``commands.checking`` calls it where ``--prometheus`` is given. It is the only part of the library that talks to one.
"""

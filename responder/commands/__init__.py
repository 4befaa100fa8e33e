"""The subcommands of ``firebrigade``, one file per group; ``cli.py`` puts them together."""

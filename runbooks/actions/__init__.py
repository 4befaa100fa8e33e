"""One file per action. ``registry.py`` finds them; nothing here imports another action."""

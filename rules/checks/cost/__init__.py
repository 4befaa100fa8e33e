"""Checks of what rules cost."""

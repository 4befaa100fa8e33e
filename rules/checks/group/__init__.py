"""Checks of one group of rules."""

"""Checks of rules beside each other."""

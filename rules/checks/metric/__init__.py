"""Checks of what a rule reads, by the metric contract."""

"""Checks of one PromQL expression."""

"""Checks of one alert: its condition, its labels and its texts."""

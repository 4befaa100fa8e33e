"""How burn-rate alerts behave, measured by promtool at many burns, as a table, as Markdown and as a picture."""

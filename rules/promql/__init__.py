"""PromQL: what an expression says, read from its tree. It knows nothing of objectives, files or promtool."""

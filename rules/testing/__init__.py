"""Cases: promtool run on the rules, with cases that are written, derived from written ones, or made of objectives."""

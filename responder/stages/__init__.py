"""The way of an incident below the durable line, one stage a file; each a pure function from a case to an outcome."""

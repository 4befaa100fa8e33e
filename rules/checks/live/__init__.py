"""What only a running Prometheus can say; ``rules/live`` asks it."""

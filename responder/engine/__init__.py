"""The engine: wakes up, finds what is due, and does it: advances incidents, delivers notifications, runs steps."""

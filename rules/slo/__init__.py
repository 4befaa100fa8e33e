"""Service level objectives: from one to its series and alerts, the proof that they can fire, and how they behave."""

"""``make demo``: the main job on real components, told as it happens."""

"""Runbooks: Markdown that a person reads and the machine executes, the actions behind it, and the guards before it.

The responder's engine calls them. They never import the responder or the receivers, and they keep no state: what was
planned, applied and verified is written down by the responder.
"""

"""Two hundred seeded scenarios in virtual time: what was repaired, what was left to people, and that nobody was harmed.

``python -m sandbox.campaign`` (``make campaign``) runs them: the bundled runbooks, the responder's own stages, store,
guards and actions, against the sandbox's cluster and supervisor. docs/campaign.md says how to read the table.
"""

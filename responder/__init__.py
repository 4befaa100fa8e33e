"""The responder: the service that takes Alertmanager's webhook and never loses it.

It records, routes, notifies, remediates, verifies and escalates. Channels live in ``receivers``, actions in
``runbooks``; the responder imports their contracts, never the other way round.
"""

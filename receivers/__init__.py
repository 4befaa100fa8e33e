"""Receivers: one file per channel that reaches people, and the contract that they keep.

The responder's engine calls them. They never import the responder or the runbooks, and they decide nothing: who is
told what, and when, is the responder's business.
"""

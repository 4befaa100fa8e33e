"""The responder's own parts against the sandbox's world, in one thread and in virtual time.

The campaign (``sandbox/campaign``) and the ordeal of the tests are made of it. Nothing here waits: time is moved by
whoever holds the clock.
"""

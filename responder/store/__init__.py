"""The truth: rows in SQLite or PostgreSQL, by SQLAlchemy Core. Nothing else in the responder speaks SQL.

The webhook, the API and the engine call ``Store``. It decides nothing about incidents but what recording an alert
means; the stages decide the rest, and it applies what they decided in one transaction.
"""

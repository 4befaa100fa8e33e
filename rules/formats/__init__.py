"""SLO specs in the formats that people already have, one file each; ``recognition.py`` tells them apart.

``build.py`` asks for the reader of a document. Every reader returns objectives and knows no rule.
"""

"""Plain words: what the commonest analyses measure and why they are asked for, written for patients by us.

``words`` reads the texts, which are dated data in both languages; ``docs/plain-words.md`` names their sources.
"""

"""Formats of the outside world: pure readers and writers.

Nothing here knows the database, an actor or a key: bytes and dictionaries in, frozen objects out.
"""

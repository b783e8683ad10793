"""Audit remembers.

The floor of the house: it imports nothing of ours, and outlives everything it speaks of.
Rooms above may import ``actor``, ``events``, ``log``, ``proving``, ``verifying``, ``reviewing``, ``pseudonyms``,
``sequencing`` and ``retention``; ``entry``, ``merkle`` and ``note`` are pure and need no Django.
"""

"""Welcoming: how somebody gets an account, by two ways that no single thief holds, and how an account ends.

``inviting`` makes an account that nobody can open yet and a code on paper; ``accepting`` takes that code,
has a second one sent by mail or SMS, and lets the person choose a password. ``directing`` is what
administrators do: professionals, organisations, memberships, suspending and ending.
"""

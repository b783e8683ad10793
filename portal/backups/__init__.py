"""Backups in four parts that are kept apart, and what becomes of an erasure when an old one is restored."""

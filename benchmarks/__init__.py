"""Measurements: each script starts servers of its own, measures once, and prints what it found."""

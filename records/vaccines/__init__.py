"""Vaccinations received beside those that are usual at an age: a dated calendar, and a pure comparison.

``calendar`` reads the data, ``matching`` tells against what a vaccine protects, ``outlook`` compares. Nothing here
opens a record or gives advice: what comes out is to be checked with a doctor, and every page says so.
"""

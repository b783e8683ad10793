"""JPEG and PNG: decoded once to know that they are whole, freed of where and by what they were taken.

The pixels of a photograph are never compressed again.
"""

"""Many people at once, for who measures: real ciphertext under each patient's key, a real log that verifies.

Invented from a seed, written with COPY by several processes, beside the doors: only into a database where nobody
lives. The doors are what is measured afterwards.
"""

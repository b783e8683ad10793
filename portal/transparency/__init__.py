"""The log for the world: its checkpoint and its tiles, without signing in, for whoever follows it.

Hashes tell nothing of what they cover. The entries themselves hold pseudonyms only, but who sees them all sees
rhythms; they are given out only where ``AUDIT_PUBLISH_ENTRIES`` says so.
"""

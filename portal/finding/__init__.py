"""Finding one's way in a record, whoever reads it: by time, by words, by category, what is new.

What patients' and professionals' pages share. ``forms`` is what may be typed, ``pages`` turns it into one call of a
door and what a template needs. Words looked for are posted: no address, no log and no session ever holds one.
"""

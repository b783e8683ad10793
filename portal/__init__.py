"""Portal shows.

Accounts, pages, letters and settings; the top of the staircase. Nothing below imports it. The
three audiences (``patient``, ``professional``, ``administration``) do not import each other.
"""

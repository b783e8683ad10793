"""Pages of administrators: the log by pseudonym, its rhythms, and its integrity.

Nothing here knows a name or a health content: it reads ``audit`` and nothing else. This audience
does not import the two others.
"""

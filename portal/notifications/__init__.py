"""Letters: what a patient is told of what happened to their record.

The numbered log is the outbox (``following``), a letter is unique per entry and person
(``models``), and Celery only says when to look (``tasks``, ``schedule``). No letter holds a health
word, the name of a document or of a person: it says what kind of thing happened and when.
"""

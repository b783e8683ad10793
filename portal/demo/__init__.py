"""Demo people: a small town of our own, born of a seed and of today's date.

Nobody here exists; every sentence in their records is ours. They go in through the same doors as
real people. Not installed in production. Nothing imports this package but its command and its tests.
"""

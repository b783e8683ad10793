"""A witness of logs: it remembers, elsewhere, what each log last committed to.

A log may show one history to one person and another to the next, or cut its own end off: only
somebody who remembers can tell. A witness signs a checkpoint if, and only if, it continues the one
it signed before (``c2sp.org/tlog-witness``). It is a command of its own with a key and a state of
its own (``python -m audit.witness``), needs neither Django nor a database, and should run on a
machine, and under an account, that the log's operator does not hold.
"""

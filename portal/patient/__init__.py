"""Pages of patients: home, the record, who may see what, who looked; for oneself, or for whom one acts.

Views parse, call a door and render. ``home`` and ``record`` are the record, ``accesses`` who looked. Who may see what:
``sharing`` (the switches), ``choosing`` (a team, a profession, a last day), ``opposing``, ``wishes``, ``looking`` (as
somebody else; who could, and why), ``representatives`` (who acts for whom). ``history`` puts names and sentences on
entries of the log, ``changes`` compares what a form asks with what is in force. This audience does not import the two
others.
"""

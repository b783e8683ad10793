"""Pages of patients: home, the record, who may see what, who looked.

Views parse, call a door and render: ``home`` and ``record`` (their own record), ``sharing`` (who may
see what), ``accesses`` (who looked). ``history`` puts names and sentences on entries of the log,
``changes`` compares what a form asks with what is in force. This audience does not import the two
others.
"""

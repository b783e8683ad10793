"""The wall between dossiers in the database: row-level security on every table of one, in every room.

It lies on top because it names the tables of all rooms. What a transaction is about is said far below, in
``consent.declaring``.
"""

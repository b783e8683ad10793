"""Accounts: who may come in, and how strongly proven.

An account names nobody: it holds a random identifier, a keyed digest of the sign-in address, a
password hash and a role. The second factor's key is sealed by records' house keys. Names and
addresses of patients live sealed in their dossier; those of professionals in consent's directory.

``entering`` (coming in and leaving) and ``factors`` (changing one's own) own their transactions;
``enrolment`` works in the caller's. ``gates`` marks the few pages that open earlier than after
both factors, ``middleware`` closes all others, ``throttling`` slows guessing down.
"""

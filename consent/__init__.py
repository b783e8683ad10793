"""Consent decides.

It knows categories, never records, and imports only ``audit``. Rooms above may import ``categories``,
``dossiers``, ``professions``, ``decisions`` and ``thresholds`` (the rules), ``facts`` (what they need),
and the doors ``granting``, ``emergencies`` and ``explaining``; its models are read through their
QuerySets. The rules, in the order they are asked: ``docs/consent.md``.
"""

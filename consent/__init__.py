"""Consent decides.

It knows categories, never records, and imports only ``audit``. Rooms above may import
``categories``, ``decisions``, ``facts``, ``dossiers`` and the doors ``granting``, ``emergencies``
and ``explaining``; its models are read through their QuerySets.
"""

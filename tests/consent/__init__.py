"""Consent: the rules, its tables and its doors."""

"""The vault seals and opens bytes.

Pure: no Django, no database, no settings, no clock. ``envelope`` says where a sealed thing
belongs, ``cipher`` seals it, ``padding`` hides its length, ``document`` and ``stream`` seal what is too large to hold,
``keyring`` wraps the keys themselves.
Bytes are described in ``docs/formats.md``.
"""

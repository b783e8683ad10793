"""Records keeps.

Ciphertext only in the tables; plaintext only in frozen objects made inside a door. It imports
``consent`` and ``audit``. Portal may import the doors ``identity``, ``reading``, ``writing``,
``exchange``, ``breaking_glass`` and ``house``, the frozen objects they return (``people``,
``headers``, ``shown``, ``formats``), and what they raise: ``dossiers.Unknown`` and ``NoDossier``,
``vault.cipher.Unreadable``, ``vault.keyring.KeyringRefused``.
"""

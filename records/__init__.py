"""Records keeps.

Ciphertext only in the tables; plaintext only in frozen objects made inside a door. It imports
``consent`` and ``audit``. Portal may import the doors ``identity``, ``reading``, ``writing``,
``exchange``, ``breaking_glass`` and ``house``, and the frozen objects they return.
"""

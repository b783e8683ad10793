"""The entrance: pages that everybody may read before signing in, and asking to be called back.

``calling`` holds the doors of the call-back queue, whose words lie sealed; ``advice`` is what advisers see.
"""

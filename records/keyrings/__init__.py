"""Keyrings whose keys live elsewhere: AWS KMS, Vault or OpenBao, a hardware module behind PKCS#11.

They keep the contract of ``records.vault.keyring``: the context is bound, an altered or swapped key does not unwrap,
and whatever keeps a keyring from answering closes what is sealed (``KeyringAway``), for as long as it lasts and no
longer.
"""

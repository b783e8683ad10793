"""The tree against published vectors, against its definition, and exhaustively when it is small."""

import json
from hashlib import sha256
from pathlib import Path

import pytest

from audit import merkle

VECTORS = Path(__file__).parent.parent / "vectors"
OURS = json.loads((VECTORS / "tlog_checkpoint_proofs.json").read_text())
THEIRS = json.loads((VECTORS / "merkle_proofs_transparency_dev.json").read_text())
LEAVES = [merkle.leaf_hash(b'{"i":%d,"e":"record.view"}' % number) for number in range(300)]
SIZES = 64


def by_definition(leaves):
    """RFC 9162, 2.1.1, word for word."""
    if len(leaves) < 2:
        return leaves[0] if leaves else sha256(b"").digest()
    half = 1
    while half * 2 < len(leaves):
        half *= 2
    return sha256(b"\x01" + by_definition(leaves[:half]) + by_definition(leaves[half:])).digest()


def subtree(height, index):
    return by_definition(LEAVES[index << height : (index + 1) << height])


def unhex(values):
    return [bytes.fromhex(value) for value in values]


def test_published_hashes():
    hashing = OURS["hashing"]
    assert merkle.EMPTY_ROOT.hex() == hashing["empty_root"]
    assert merkle.leaf_hash(b"").hex() == hashing["leaf_of_empty"]
    assert merkle.leaf_hash(b"L123456").hex() == hashing["leaf_of_L123456"]
    assert merkle.node_hash(b"N123", b"N456").hex() == hashing["node_of_N123_N456"]


@pytest.mark.parametrize("vector", OURS["checkpoints"], ids=lambda vector: str(vector["size"]))
def test_roots_of_the_vectors(vector):
    assert merkle.root_of(LEAVES[: vector["size"]]).hex() == vector["root"]


@pytest.mark.parametrize("vector", OURS["inclusion"], ids=lambda vector: f"{vector['index']}-of-{vector['size']}")
def test_inclusion_proofs_of_the_vectors(vector):
    path = merkle.inclusion_proof(vector["index"], vector["size"], subtree)
    assert [step.hex() for step in path] == vector["proof"]


@pytest.mark.parametrize("vector", OURS["consistency"], ids=lambda vector: f"{vector['size1']}-{vector['size2']}")
def test_consistency_proofs_of_the_vectors(vector):
    path = merkle.consistency_proof(vector["size1"], vector["size2"], subtree)
    assert [step.hex() for step in path] == vector["proof"]


def _is_refused(check):
    try:
        check()
    except merkle.BadProof:
        return True
    return False


@pytest.mark.parametrize("vector", THEIRS["inclusion"], ids=lambda vector: vector["name"])
def test_inclusion_verifier_agrees_with_transparency_dev(vector):
    refused = _is_refused(
        lambda: merkle.verify_inclusion(
            index=vector["leaf_index"],
            size=vector["tree_size"],
            leaf=bytes.fromhex(vector["leaf_hash"]),
            path=unhex(vector["proof"]),
            root=bytes.fromhex(vector["root"]),
        )
    )
    assert refused == vector["want_error"]


@pytest.mark.parametrize("vector", THEIRS["consistency"], ids=lambda vector: vector["name"])
def test_consistency_verifier_agrees_with_transparency_dev(vector):
    refused = _is_refused(
        lambda: merkle.verify_consistency(
            old=vector["size1"],
            new=vector["size2"],
            path=unhex(vector["proof"]),
            old_root=bytes.fromhex(vector["root1"]),
            new_root=bytes.fromhex(vector["root2"]),
        )
    )
    assert refused == vector["want_error"]


@pytest.mark.parametrize("size", range(SIZES))
def test_every_small_tree(size):
    leaves = LEAVES[:size]
    root = by_definition(leaves)
    assert merkle.root_of(leaves) == root
    for index, leaf in enumerate(leaves):
        path = merkle.inclusion_proof(index, size, subtree)
        merkle.verify_inclusion(index=index, size=size, leaf=leaf, path=path, root=root)
        for wrong in range(size):
            if wrong != index:
                assert _is_refused(
                    lambda wrong=wrong, leaf=leaf, path=path: merkle.verify_inclusion(
                        index=wrong, size=size, leaf=leaf, path=path, root=root
                    )
                )
    for old in range(1, size + 1):
        path = merkle.consistency_proof(old, size, subtree)
        old_root = by_definition(LEAVES[:old])
        merkle.verify_consistency(old=old, new=size, path=path, old_root=old_root, new_root=root)
        for place in range(len(path)):
            bent = [*path[:place], merkle.leaf_hash(path[place]), *path[place + 1 :]]
            assert _is_refused(
                lambda bent=bent, old=old, old_root=old_root: merkle.verify_consistency(
                    old=old, new=size, path=bent, old_root=old_root, new_root=root
                )
            )


def test_nothing_is_proven_of_an_empty_tree():
    with pytest.raises(merkle.BadProof):
        merkle.verify_consistency(old=0, new=0, path=[], old_root=merkle.EMPTY_ROOT, new_root=merkle.EMPTY_ROOT)
    with pytest.raises(merkle.BadProof):
        merkle.verify_inclusion(index=0, size=0, leaf=LEAVES[0], path=[], root=merkle.EMPTY_ROOT)
    with pytest.raises(ValueError, match="index=0"):
        merkle.inclusion_proof(0, 0, subtree)
    with pytest.raises(ValueError, match="old=0"):
        merkle.consistency_proof(0, 4, subtree)


@pytest.mark.parametrize("size", [1, 7, 255, 256, 257, 300])
def test_a_tree_goes_on_from_its_peaks(size):
    tree = merkle.CompactRange(size, [subtree(*place) for place in merkle.peaks_between(0, size)])
    assert tree.root() == by_definition(LEAVES[:size])
    completed = [subtrees for leaf in LEAVES[size:] for subtrees in tree.append(leaf)]
    assert tree.root() == by_definition(LEAVES)
    assert all(hashed == subtree(height, index) for height, index, hashed in completed)


def test_peaks_that_do_not_fit_a_size_are_refused():
    with pytest.raises(ValueError, match="expected 2"):
        merkle.CompactRange(5, [LEAVES[0]])


def test_tiles_of_the_vectors():
    assert sha256(b"".join(LEAVES[:256])).hexdigest() == OURS["tile_0_000_sha256"]
    assert sha256(b"".join(LEAVES[256:])).hexdigest() == OURS["tile_0_001_p_44_sha256"]
    assert subtree(8, 0).hex() == OURS["tile_1_000_p_1_hex"]

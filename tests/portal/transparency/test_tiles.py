"""Somebody who only has the addresses of the published log rebuilds its tree and checks it."""

from hashlib import sha256

import pytest
from django.test import Client

from audit import tiles
from audit.keys import load_log_keys
from audit.merkle import leaf_hash, root_of
from audit.note import open_checkpoint
from audit.tiles import NoSuchTile, TilePlace
from tests.audit.acts import number_all, remember
from tests.audit.test_witness import LEAVES, VECTORS

PLACES = {0: "000", 67: "067", 999: "999", 1000: "x001/000", 1234067: "x001/x234/067"}


@pytest.mark.parametrize("number", PLACES)
def test_places_have_one_name(number):
    assert TilePlace.parse(PLACES[number]) == TilePlace(number, 256)
    assert TilePlace(number, 256).path() == PLACES[number]
    assert TilePlace.parse(f"{PLACES[number]}.p/12") == TilePlace(number, 12)
    assert TilePlace(number, 12).path() == f"{PLACES[number]}.p/12"


@pytest.mark.parametrize(
    "path",
    [
        "",
        "0",
        "00",
        "0000",
        "x000/000",
        "x1/000",
        "000/000",
        "000.p/0",
        "000.p/256",
        "000.p/01",
        "000.p/",
        "000.p/999",
        "٠٠٠",
        "000/",
    ],
)
def test_what_names_no_place(path):
    with pytest.raises(NoSuchTile):
        TilePlace.parse(path)


@pytest.fixture
def log_of_600(db):
    remember(600)
    number_all()
    return db


def test_the_tree_from_tiles_alone(log_of_600, settings):
    settings.AUDIT_PUBLISH_ENTRIES = True
    client = Client()
    note = client.get("/log/checkpoint")
    assert note.headers["Content-Type"] == "text/plain; charset=utf-8"
    [line] = client.get("/log/keys").content.decode().splitlines()
    assert line == f"from 0 {load_log_keys().current}"
    checkpoint = open_checkpoint(note.content, load_log_keys().current)
    hashes = b"".join(client.get(f"/log/tile/0/{path}").content for path in ("000", "001", "002.p/88"))
    leaves = [hashes[start : start + 32] for start in range(0, len(hashes), 32)]
    assert (len(leaves), root_of(leaves)) == (checkpoint.size, checkpoint.root)
    assert client.get("/log/tile/1/000.p/2").content == root_of(leaves[:256]) + root_of(leaves[256:512])
    bundle = b"".join(client.get(f"/log/tile/entries/{path}").content for path in ("000", "001", "002.p/88"))
    entries = []
    while bundle:
        length = int.from_bytes(bundle[:2], "big")
        entries.append(bundle[2 : 2 + length])
        bundle = bundle[2 + length :]
    assert [leaf_hash(entry) for entry in entries] == leaves
    # A part that was whole then is still given.
    assert client.get("/log/tile/0/001.p/5").content == b"".join(leaves[256:261])


@pytest.mark.parametrize(
    "path",
    [
        "tile/0/002",
        "tile/0/002.p/89",
        "tile/1/000",
        "tile/1/000.p/3",
        "tile/2/000",
        "tile/9/000",
        "tile/0/x",
        "tile/entries/003",
        "tile/x/000",
    ],
)
def test_what_is_not_there(log_of_600, settings, path):
    settings.AUDIT_PUBLISH_ENTRIES = True
    assert Client().get(f"/log/{path}").status_code == 404


def test_entries_are_kept_unless_published(log_of_600):
    assert Client().get("/log/tile/entries/000").status_code == 404
    assert Client().get("/log/tile/0/000").status_code == 200


def test_an_empty_log(db):
    assert Client().get("/log/checkpoint").status_code == 404
    assert Client().get("/log/tile/0/000.p/1").status_code == 404


def test_the_tiles_of_the_vectors():
    """The hashes that others computed over their 300 entries, laid out as tiles."""
    whole, part = b"".join(LEAVES[:256]), b"".join(LEAVES[256:])
    assert sha256(whole).hexdigest() == VECTORS["tile_0_000_sha256"]
    assert sha256(part).hexdigest() == VECTORS["tile_0_001_p_44_sha256"]
    assert root_of(LEAVES[:256]).hex() == VECTORS["tile_1_000_p_1_hex"]
    assert tiles.TILE_WIDTH == 256

"""Verification in blocks, in steps, with the witness and with an older key."""

import io
from datetime import UTC, datetime, timedelta

import pytest
from django.core.management import CommandError, call_command
from django.utils import translation

from audit import blocks, keys, log, shapes, verifying
from audit.cosigning import ask_witness, load_witnesses
from audit.entry import decode
from audit.keys import load_signer
from audit.merkle import CompactRange, leaf_hash, perfect_root
from audit.note import Signer
from audit.resuming import BadPlace, load_place, save_place
from audit.verifying import verify_log
from audit.walking import Place, Seen
from tests.audit.acts import change, number_all, remember, rows
from tests.audit.test_cosigning import Served, served  # noqa: F401 - a fixture

MONTH = f"audit_entry_{datetime.now(UTC):%Y_%m}"


@pytest.fixture
def read_singly(monkeypatch):
    """Which blocks had to be read entry by entry."""
    found = []
    take = verifying._take

    def watched(walk, block):
        if block.hashes is None:
            found.append(block.first)
        take(walk, block)

    monkeypatch.setattr(verifying, "_take", watched)
    return found


@pytest.fixture
def small_blocks(monkeypatch):
    monkeypatch.setattr(blocks, "BLOCK", 256)


def test_a_good_log_is_never_read_singly(db, small_blocks, read_singly):
    for number in range(5):
        remember(150, facts={"count": number}, category="" if number % 2 else "laboratory")
        remember(10, dossier=None, digest=bytes(32), revision=3, key_version=1)
        number_all()
    assert verify_log().ok
    assert read_singly == []


def test_entries_that_differ_in_a_fact_are_decoded_once_each(db, monkeypatch):
    """Otherwise a number that changes from line to line would make verification as slow as reading row by row."""
    for number in range(100):
        remember(facts={"count": number % 7, "error": "a" * 8 if number % 2 else "bb" + "c" * 6})
    number_all()
    decoded = []
    monkeypatch.setattr(shapes, "decode", lambda body: (decoded.append(body), decode(body))[1])
    assert verify_log().ok
    assert len(decoded) == 14


def test_numbers_in_another_order_than_time(db, small_blocks, read_singly, monkeypatch):
    """The clock goes back, so that the order of commits is not that of time."""
    clock = datetime.now(UTC)

    class Backwards(datetime):
        @classmethod
        def now(cls, tz=None):
            nonlocal clock
            clock -= timedelta(milliseconds=7)
            return clock

    monkeypatch.setattr(log, "datetime", Backwards)
    for _ in range(30):
        remember(20)
    number_all()
    monkeypatch.undo()
    monkeypatch.setattr(blocks, "BLOCK", 256)
    assert verify_log().size == 600


def test_a_block_over_too_long_a_time_is_read_singly(db, small_blocks, read_singly, monkeypatch):
    class Earlier(datetime):
        @classmethod
        def now(cls, tz=None):
            return datetime.now(tz) - timedelta(hours=1)

    remember(1100)
    number_all()
    # A block that holds one entry before all others spans the time of every entry.
    monkeypatch.setattr(log, "datetime", Earlier)
    remember()
    monkeypatch.undo()
    monkeypatch.setattr(blocks, "BLOCK", 256)
    remember(10)
    number_all()
    singly = []
    take = verifying._take
    monkeypatch.setattr(
        verifying, "_take", lambda walk, block: (singly.append(block.hashes is None), take(walk, block))
    )
    assert verify_log().size == 1111
    assert singly == [False, False, False, False, True]


def test_it_goes_on_where_it_stood(db, small_blocks, superuser, tmp_path):
    for _ in range(6):
        remember(100)
        number_all()
    places = []
    whole = verify_log(keep=places.append)
    assert [place.size for place in places] == [256, 512, 600]
    for place in places:
        save_place(tmp_path / "place", place)
        assert load_place(tmp_path / "place") == place
        again = verify_log(start=place)
        assert (again.ok, again.size, again.root) == (True, 600, whole.root)
    remember(50)
    number_all()
    assert verify_log(start=places[-1]).size == 650
    # What lies before the place is not read again; what lies behind it is.
    change(
        superuser,
        MONTH,
        f"UPDATE {MONTH} SET category = 'x' WHERE id = (SELECT entry_id FROM audit_leaf WHERE idx = 300)",
    )
    assert verify_log(start=places[1]).ok
    assert verify_log(start=places[0]).first_bad == 300
    # A place that was forged meets the next signature.
    forged = Place(places[0].size, (bytes(32),), places[0].signed, places[0].signed_root, places[0].signed_at)
    assert not verify_log(start=forged).ok


@pytest.mark.parametrize(
    "text", ["", "[]", "{}", '{"size": 3, "peaks": [], "signed": 0, "signed_root": "", "signed_at": null}']
)
def test_a_file_that_is_no_place(tmp_path, text):
    (tmp_path / "place").write_text(text)
    with pytest.raises(BadPlace, match=r"(remove it|Remove it) to begin anew"):
        load_place(tmp_path / "place")
    assert load_place(tmp_path / "none") == Place()


def run(*arguments):
    out = io.StringIO()
    with translation.override("en"):
        call_command("verify_audit", *arguments, stdout=out, stderr=io.StringIO())
    return out.getvalue()


def test_the_command_resumes_and_asks_the_witness(db, served, superuser, tmp_path, settings):  # noqa: F811
    remember(20)
    number_all()
    with pytest.raises(CommandError, match="No witness has seen this log"):
        run("--witness")
    ask_witness(load_witnesses()[0])
    place = tmp_path / "place"
    assert "has seen 20 entries" in run("--witness", "--resume", str(place))
    assert load_place(place).size == 20
    remember(5)
    number_all()
    assert "25 entries" in run("--resume", str(place))
    served.stop()
    with pytest.raises(CommandError, match="does not answer") as caught:
        run("--witness")
    assert caught.value.returncode == 2


def grow_again(superuser, count):
    """Somebody with the server and the signing key cuts the log off and grows another, signed and whole in itself."""
    for table in (MONTH, "audit_leaf", "audit_checkpoint", "audit_cosignature"):
        superuser.execute(f"ALTER TABLE {table} DISABLE TRIGGER USER")
        superuser.execute(f"TRUNCATE {table}")
        for name in ("audit_grows", "audit_grows_row"):
            superuser.execute(f"ALTER TABLE {table} ENABLE ALWAYS TRIGGER {name}")
    remember(count)
    number_all()


@pytest.mark.parametrize("count", [10, 20, 30])
def test_truncated_and_grown_again_only_the_witness_tells(db, served, superuser, count):  # noqa: F811
    remember(20)
    number_all()
    ask_witness(load_witnesses()[0])
    grow_again(superuser, count)
    assert verify_log().ok
    with pytest.raises(CommandError, match="another history" if count >= 20 else "a witness has seen more") as caught:
        run("--witness")
    assert caught.value.returncode == 1


def test_what_a_witness_saw_must_agree(db):
    remember(300)
    number_all()
    [(root,)] = rows("SELECT root FROM audit_checkpoint")
    assert verify_log(seen=[Seen("w", 300, bytes(root))]).ok
    assert verify_log(seen=[Seen("w", 300, bytes(32))]).first_bad == 0
    assert verify_log(seen=[Seen("w", 301, bytes(32))]).first_bad == 300
    assert verify_log(seen=[Seen("w", 299, bytes(32)), Seen("v", 300, bytes(root))]).first_bad == 0


def test_a_cosignature_changed(db, served, superuser):  # noqa: F811
    for _ in range(2):
        remember(5)
        number_all()
        ask_witness(load_witnesses()[0])
    assert verify_log().ok
    change(superuser, "audit_cosignature", "UPDATE audit_cosignature SET size = 4 WHERE size = 5")
    assert verify_log().first_bad == 0
    change(superuser, "audit_cosignature", "UPDATE audit_cosignature SET size = 5 WHERE size = 4")
    change(superuser, "audit_cosignature", "UPDATE audit_cosignature SET size = 99 WHERE size = 10")
    assert verify_log().first_bad == 10
    change(superuser, "audit_cosignature", "UPDATE audit_cosignature SET line = 'nothing'")
    assert verify_log().first_bad == 0


def test_after_a_change_of_key_each_signs_its_own_time(db, settings, tmp_path, monkeypatch):
    first = load_signer()
    remember(5)
    number_all()
    second = Signer(first.name, bytes(range(32)))
    path = tmp_path / "keys"
    path.write_text(f"from 0 {first.verifier}\nfrom 6 {second.verifier}\n")
    settings.AUDIT_PUBLIC_KEYS_FILE = path
    monkeypatch.setattr("audit.sequencing.load_signer", lambda: second)
    remember(5)
    number_all()
    assert verify_log().ok
    assert keys.load_log_keys().at(10) == second.verifier
    # The older key, which may have been stolen, signs nothing new.
    monkeypatch.setattr("audit.sequencing.load_signer", lambda: first)
    remember(5)
    number_all()
    assert verify_log().first_bad == 10


def test_perfect_roots_and_subtrees():
    leaves = [leaf_hash(b"%d" % number) for number in range(64)]
    for height in range(7):
        width = 1 << height
        tree, quick = CompactRange(), CompactRange()
        for leaf in leaves[: 64 // width * width]:
            tree.append(leaf)
        for start in range(0, 64, width):
            quick.append_subtree(height, perfect_root(leaves[start : start + width]))
        assert (quick.peaks, quick.size) == (tree.peaks, tree.size)
    with pytest.raises(ValueError, match="power of two"):
        perfect_root(leaves[:3])
    with pytest.raises(ValueError, match="size"):
        CompactRange(1, [leaves[0]]).append_subtree(1, leaves[1])

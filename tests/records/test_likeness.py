"""That two people are close is seen by keyed digests: the database tells nobody's name, nor who shares one."""

from datetime import UTC, date, datetime
from uuid import uuid4

import pytest
from django.utils import timezone

from audit.actor import Actor
from consent.models import Membership
from portal.demo.numbers import ins_number
from records.dossiers import Unknown
from records.identity import create_dossier
from records.likeness import Close, Pair, alike, declare_staff, keep_missing, spell_address, spell_name
from records.models import Likeness, StaffLikeness
from records.people import Identity
from tests.portal.ward import a_carer, an_account

SEED = Actor.system("seed")


def a_dossier(family="Quintrec", used_name="", address="", ins="", born=date(1985, 5, 12)):
    identity = Identity(family=family, used_name=used_name, given="Maëlys", birth_date=born, address=address, ins=ins)
    return create_dossier(actor=SEED, identity=identity, account_id=an_account("patient").pk)


def closeness(carer, ref):
    pair = Pair(carer.account.pk, ref.pseudonym)
    return alike([pair]).get(pair)


def test_one_surname_however_it_is_written(db):
    carer = a_carer(family="Le Goff-Kérisit")
    assert closeness(carer, a_dossier(family="LE GOFF KERISIT")) is Close.SURNAME
    assert closeness(carer, a_dossier(family="Martin", used_name="Legoffkérisit")) is Close.SURNAME
    assert closeness(carer, a_dossier(family="Le Goff")) is None


def test_one_address_as_the_employer_declared_it(db):
    carer = a_carer()
    declare_staff(actor=SEED, account_id=carer.account.pk, address="3, impasse du Lavoir")
    assert closeness(carer, a_dossier(address="3 Impasse du lavoir")) is Close.ADDRESS
    assert closeness(carer, a_dossier(address="13 impasse du Lavoir")) is None
    assert closeness(a_carer(family="Autre"), a_dossier(address="3 impasse du Lavoir")) is None


def test_oneself_and_a_colleague_by_their_number(db):
    ins = ins_number("female", date(1985, 5, 12), "35238", 142)
    one, colleague, stranger = a_carer(), a_carer(family="Scouarnec"), a_carer(family="Tanguy")
    since = datetime(2020, 1, 1, tzinfo=UTC)
    Membership.objects.create(professional=colleague.person, organisation=one.organisation, during=(since, None))
    declare_staff(actor=SEED, account_id=one.account.pk, ins=ins)
    ref = a_dossier(ins=ins)
    assert closeness(one, ref) is Close.ONESELF
    assert closeness(colleague, ref) is Close.COLLEAGUE
    assert closeness(stranger, ref) is None
    Membership.objects.filter(professional=colleague.person, organisation=one.organisation).update(
        during=(since, timezone.now())
    )
    assert closeness(colleague, ref) is None


def test_the_table_tells_neither_names_nor_who_shares_one(db):
    for _ in range(3):
        a_dossier(address="8 rue des Lavandières")
    kept = [(bytes(row.surname), bytes(row.address)) for row in Likeness.objects.all()]
    assert len({surname for surname, _ in kept}) == len({address for _, address in kept}) == 3
    assert all(len(surname) == len(address) == 32 for surname, address in kept)


def test_dossiers_from_before_get_theirs(db):
    carer, ref = a_carer(family="Quintrec"), a_dossier()
    Likeness.objects.all().delete()
    assert closeness(carer, ref) is None
    assert keep_missing(actor=Actor.system("sweep")) == 1
    assert closeness(carer, ref) is Close.SURNAME
    assert keep_missing(actor=Actor.system("sweep")) == 0


def test_nobody_else_declares(db):
    carer = a_carer()
    with pytest.raises(Unknown):
        declare_staff(actor=carer.actor, account_id=carer.account.pk, address="x")
    with pytest.raises(Unknown):
        keep_missing(actor=carer.actor)
    assert not StaffLikeness.objects.exists()


def test_a_pair_of_strangers_is_nothing(db):
    assert alike([Pair(uuid4(), uuid4())]) == {}
    assert alike([]) == {}


def test_spellings():
    assert spell_name("D’Œuvre-Ñandú") == spell_name("d'œuvre ñandu")
    assert spell_address("8, RUE des Lavandières") == "8ruedeslavandieres"

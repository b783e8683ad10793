"""Who lives in the demo: 13 patients, 10 professionals of 7 professions in 5 organisations, 2 administrators."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date

from consent.professions import Profession
from portal.demo.numbers import finess_number, ins_number, rpps_number

# The same for every demo account, printed at the end of the seeding; production has no demo accounts.
PASSWORD = "coquelicot-ardoise-lanterne"  # noqa: S105 (public on purpose)  # nosec B105

_DOMAIN = "carnet.example"


@dataclass(frozen=True, slots=True, kw_only=True)
class Organisation:
    """A place of care."""

    key: str
    name: str
    place: str
    finess: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Professional:
    """Somebody who works in one of the organisations."""

    key: str
    title: str
    given: str
    family: str
    profession: Profession
    organisation: str
    rpps: str

    @property
    def name(self) -> str:
        """As printed on a report."""
        return f"{self.title} {self.given} {self.family}"

    @property
    def login(self) -> str:
        """The address this person signs in with."""
        return f"{self.key}@{_DOMAIN}"


@dataclass(frozen=True, slots=True, kw_only=True)
class Patient:
    """Somebody whose record it is."""

    key: str
    given: str
    family: str
    used_name: str = ""
    sex: str
    born: date
    birth_place: str
    order: int
    address: str
    phone: str

    @property
    def ins(self) -> str:
        """The national health number, of test."""
        return ins_number(self.sex, self.born, self.birth_place, self.order)

    @property
    def login(self) -> str:
        """The address this person signs in with."""
        return f"{self.key}@{_DOMAIN}"


@dataclass(frozen=True, slots=True, kw_only=True)
class Administrator:
    """Somebody who watches over the house and never sees a record."""

    key: str
    name: str

    @property
    def login(self) -> str:
        """The address this person signs in with."""
        return f"{self.key}@{_DOMAIN}"


def _organisation(order: int, key: str, name: str) -> Organisation:
    return Organisation(key=key, name=name, place="Valmont-sur-Orne", finess=finess_number(order))


ORGANISATIONS = (
    _organisation(1, "tilleuls", "Cabinet médical des Tilleuls"),
    _organisation(2, "chu", "CHU de Valmont"),
    _organisation(3, "parc", "Pharmacie du Parc"),
    _organisation(4, "labo", "Laboratoire du Parc"),
    _organisation(5, "canal", "Maison de santé du Canal"),
)

_DOCTOR, _NURSE = Profession.DOCTOR, Profession.NURSE
_STAFF = (
    ("nadia.lefevre", "Dr", "Nadia", "Lefèvre", _DOCTOR, "tilleuls"),
    ("ousmane.ndiaye", "Dr", "Ousmane", "Ndiaye", _DOCTOR, "chu"),
    ("helene.marchand", "Dr", "Hélène", "Marchand", _DOCTOR, "chu"),
    ("julien.berger", "M.", "Julien", "Berger", Profession.PHARMACIST, "parc"),
    ("claire.roy", "Mme", "Claire", "Roy", _NURSE, "canal"),
    ("karim.benali", "M.", "Karim", "Benali", _NURSE, "chu"),
    ("aissatou.diop", "Mme", "Aïssatou", "Diop", Profession.MIDWIFE, "tilleuls"),
    ("sophie.garnier", "Dr", "Sophie", "Garnier", Profession.BIOLOGIST, "labo"),
    ("thomas.picard", "M.", "Thomas", "Picard", Profession.PHYSIOTHERAPIST, "canal"),
    ("lea.fontaine", "Mme", "Léa", "Fontaine", Profession.PSYCHOLOGIST, "canal"),
)
PROFESSIONALS = tuple(
    Professional(
        key=key,
        title=title,
        given=given,
        family=family,
        profession=profession,
        organisation=organisation,
        rpps=rpps_number(order),
    )
    for order, (key, title, given, family, profession, organisation) in enumerate(_STAFF, start=1)
)

CAMILLE = "camille.moreau"
_RESIDENTS = (
    (CAMILLE, "Camille", "Moreau", "female", date(1985, 5, 12), "35238", 142, "8 rue des Lavandières"),
    ("ange.casanova", "Ange", "Casanova", "male", date(1955, 7, 1), "2A004", 311, "21 quai du Canal"),
    ("fatou.sarr", "Fatou", "Sarr", "female", date(1993, 2, 17), "93066", 87, "4 place du Marché"),
    ("marguerite.lopez", "Marguerite", "Lopez", "female", date(1938, 11, 3), "64445", 29, "Résidence des Ormes"),
    ("antoine.girard", "Antoine", "Girard", "male", date(1978, 9, 25), "69383", 205, "17 rue de la Gare"),
    ("yasmine.haddad", "Yasmine", "Haddad", "female", date(1999, 4, 8), "99351", 118, "2 allée des Peupliers"),
    ("paul.nguyen", "Paul", "Nguyen", "male", date(1966, 12, 30), "75113", 264, "33 avenue Jean-Moulin"),
    ("elodie.rousseau", "Élodie", "Rousseau", "female", date(1973, 6, 14), "44109", 73, "11 rue Basse"),
    ("mehdi.belkacem", "Mehdi", "Belkacem", "male", date(1988, 1, 22), "59350", 190, "6 rue du Four"),
    ("angele.santoni", "Angèle", "Santoni", "female", date(1961, 8, 19), "2B033", 45, "9 chemin des Vignes"),
    ("theo.lambert", "Théo", "Lambert", "male", date(2001, 10, 5), "14118", 156, "27 rue des Écoles"),
    ("simone.petit", "Simone", "Petit", "female", date(1947, 3, 28), "61001", 12, "3 impasse du Lavoir"),
)
_NAMES_IN_USE = {"elodie.rousseau": "Martin", "simone.petit": "Vasseur"}

PATIENTS = (
    *(
        Patient(
            key=key,
            given=given,
            family=family,
            used_name=_NAMES_IN_USE.get(key, ""),
            sex=sex,
            born=born,
            birth_place=place,
            order=order,
            address=f"{street}, 61999 Valmont-sur-Orne",
            phone=f"+336999000{rank:02d}",
        )
        for rank, (key, given, family, sex, born, place, order, street) in enumerate(_RESIDENTS, start=1)
    ),
    # His parents hold his account, until representatives have their own.
    Patient(
        key="lucas.bernard",
        given="Lucas",
        family="Bernard",
        sex="male",
        born=date(2020, 3, 9),
        birth_place="61001",
        order=33,
        address="14 rue du Moulin, 61999 Valmont-sur-Orne",
        phone="+33699900013",
    ),
)

ADMINISTRATORS = (
    Administrator(key="irene.vidal", name="Irène Vidal"),
    Administrator(key="bruno.schmitt", name="Bruno Schmitt"),
)

# Who calls people back, and sees the queue of those who asked for it, nothing else.
ADVISERS = (Administrator(key="odile.blanc", name="Odile Blanc"),)

_BY_KEY = {person.key: person for person in PROFESSIONALS}
_PLACES = {organisation.key: organisation for organisation in ORGANISATIONS}


def professional(key: str) -> Professional:
    """The professional of that key.

    Raises:
        KeyError: nobody has it.
    """
    return _BY_KEY[key]


def place_of(key: str) -> Organisation:
    """The organisation where the professional of that key works.

    Raises:
        KeyError: nobody has it.
    """
    return _PLACES[_BY_KEY[key].organisation]

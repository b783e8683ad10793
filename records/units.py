"""Units of measurement as laboratories print them, and when two values may stand on one curve (pure).

A unit is known by what it measures and its size beside a base unit (UCUM, https://ucum.org/ucum). The same kind of
quantity converts by size alone. Mass and amount of substance convert only for the analytes of :data:`_ANALYTES`, whose
molar mass is known and whose LOINC codes (https://loinc.org) name the same thing in the same specimen. Everything else
is not comparable, and is never mixed.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from decimal import ROUND_HALF_EVEN, Context, Decimal
from enum import StrEnum

LOINC = "http://loinc.org"
_DIGITS = 3
_NOTE = re.compile(r"\{[^}]*\}")
_LITRE = re.compile(r"(/[dmu]?)l$")


class Quantity(StrEnum):
    """What a unit measures."""

    MASS_IN_VOLUME = "mass/volume"
    AMOUNT_IN_VOLUME = "amount/volume"
    NUMBER_IN_VOLUME = "number/volume"
    ACTIVITY_IN_VOLUME = "activity/volume"
    FRACTION = "fraction"
    AMOUNT_IN_AMOUNT = "amount/amount"
    LENGTH = "length"
    MASS = "mass"
    PRESSURE = "pressure"
    FLOW = "flow"


@dataclass(frozen=True, slots=True)
class Unit:
    """What it measures, and how many base units it is."""

    quantity: Quantity
    size: Decimal


def _sized(quantity: Quantity, **sizes: tuple[str, ...]) -> dict[str, Unit]:
    """Spellings by their size, written as ``e_3`` for 10⁻³ and ``e3`` for 10³."""
    return {
        spelling: Unit(quantity, Decimal(1).scaleb(int(power[1:].replace("_", "-"))))
        for power, spellings in sizes.items()
        for spelling in spellings
    }


_UNITS = {
    **_sized(
        Quantity.MASS_IN_VOLUME,
        e3=("g/mL", "kg/L"),
        e1=("g/dL", "g/100mL"),
        e0=("g/L", "mg/mL"),
        e_2=("mg/dL", "mg/100mL"),
        e_3=("mg/L", "ug/mL", "mcg/mL"),
        e_5=("ug/dL", "mcg/dL"),
        e_6=("ug/L", "ng/mL", "mcg/L"),
        e_8=("ng/dL",),
        e_9=("ng/L", "pg/mL"),
    ),
    **_sized(
        Quantity.AMOUNT_IN_VOLUME,
        e0=("mol/L",),
        e_3=("mmol/L", "umol/mL"),
        e_6=("umol/L", "nmol/mL"),
        e_9=("nmol/L", "pmol/mL"),
        e_12=("pmol/L",),
    ),
    **_sized(
        Quantity.NUMBER_IN_VOLUME,
        e12=("10*12/L", "T/L", "Tera/L", "10*6/uL", "10*6/mm3", "M/uL"),
        e9=("10*9/L", "G/L", "Giga/L", "10*3/uL", "10*3/mm3", "K/uL"),
        e6=("10*6/L", "/uL", "/mm3"),
        e3=("/mL",),
        e0=("/L",),
    ),
    **_sized(
        Quantity.ACTIVITY_IN_VOLUME,
        e3=("kU/L", "kUI/L", "kIU/L", "k[IU]/L", "U/mL", "UI/mL", "IU/mL", "[IU]/mL"),
        e0=("U/L", "UI/L", "IU/L", "[IU]/L", "mU/mL", "mUI/mL", "mIU/mL", "m[IU]/mL"),
        e_3=("mU/L", "mUI/L", "mIU/L", "m[IU]/L", "uU/mL", "uUI/mL", "uIU/mL", "u[IU]/mL"),
    ),
    "ukat/L": Unit(Quantity.ACTIVITY_IN_VOLUME, Decimal(60)),
    **_sized(Quantity.FRACTION, e_2=("%",), e0=("L/L",)),
    **_sized(Quantity.AMOUNT_IN_AMOUNT, e_3=("mmol/mol",)),
    **_sized(Quantity.LENGTH, e0=("m",), e_2=("cm",), e_3=("mm",)),
    "[in_i]": Unit(Quantity.LENGTH, Decimal("0.0254")),
    **_sized(Quantity.MASS, e3=("kg",), e0=("g",), e_3=("mg",)),
    "[lb_av]": Unit(Quantity.MASS, Decimal("453.59237")),
    "mm[Hg]": Unit(Quantity.PRESSURE, Decimal(1)),
    "mmHg": Unit(Quantity.PRESSURE, Decimal(1)),
    "kPa": Unit(Quantity.PRESSURE, Decimal("7.500615613")),
    **_sized(Quantity.FLOW, e0=("mL/min",)),
}


@dataclass(frozen=True, slots=True)
class Analyte:
    """One thing in one specimen, under all its codes; ``mass`` is its molar mass in g/mol."""

    codes: tuple[str, ...]
    mass: Decimal


def _analyte(mass: str, *codes: str) -> Analyte:
    return Analyte(codes, Decimal(mass))


# Molar masses: PubChem (NIH), cholesterol and triglycerides as in the clinical convention (triolein).
_ANALYTES = (
    _analyte("180.156", "2345-7", "14749-6"),  # glucose, serum or plasma
    _analyte("180.156", "1558-6", "14771-0"),  # glucose, fasting
    _analyte("180.156", "2339-0", "15074-8"),  # glucose, blood
    _analyte("113.12", "2160-0", "14682-9"),  # creatinine, serum or plasma
    _analyte("113.12", "38483-4", "59826-8"),  # creatinine, blood
    _analyte("386.65", "2093-3", "14647-2"),  # cholesterol
    _analyte("386.65", "2085-9", "14646-4"),  # HDL cholesterol
    _analyte("386.65", "2089-1", "22748-8"),  # LDL cholesterol
    _analyte("386.65", "13457-7", "39469-2"),  # LDL cholesterol, computed
    _analyte("386.65", "18262-6", "69419-0"),  # LDL cholesterol, measured directly
    _analyte("885.4", "2571-8", "14927-8"),  # triglycerides
    _analyte("60.056", "3091-6", "22664-7"),  # urea
    _analyte("28.014", "3094-0", "14937-7"),  # urea nitrogen
    _analyte("168.11", "3084-1", "14933-6"),  # uric acid
    _analyte("584.66", "1975-2", "14631-6"),  # bilirubin, total
    _analyte("584.66", "1968-7", "14629-0"),  # bilirubin, direct
    _analyte("40.078", "17861-6", "2000-8"),  # calcium
    _analyte("55.845", "2498-4", "14798-3"),  # iron
    _analyte("24.305", "19123-9", "2601-3"),  # magnesium
    _analyte("30.974", "2777-1", "14879-1"),  # phosphate, as phosphorus
    _analyte("400.6", "1989-3", "14635-7"),  # 25-hydroxyvitamin D3
    _analyte("1355.4", "2132-9", "14685-2"),  # vitamin B12
    _analyte("441.4", "2284-8", "14732-2"),  # folate
    _analyte("776.87", "3024-7", "14920-3"),  # thyroxine, free
    _analyte("650.97", "3051-0", "14928-6"),  # triiodothyronine, free
    _analyte("362.5", "2143-6", "14675-3"),  # cortisol
    _analyte("288.4", "2986-8", "14913-8"),  # testosterone
    _analyte("272.4", "2243-4", "14715-7"),  # oestradiol
    _analyte("314.5", "2839-9", "14890-8"),  # progesterone
)
_ANALYTE_OF = {code: analyte for analyte in _ANALYTES for code in analyte.codes}

# HbA1c in % (NGSP) and in mmol/mol (IFCC): the master equation of 2004, NGSP = 0.09148 × IFCC + 2.152.
_HBA1C = ("4548-4", "59261-8")
_SLOPE, _OFFSET = Decimal("0.09148"), Decimal("2.152")


def same_thing(code: str) -> tuple[str, ...]:
    """All LOINC codes of what ``code`` names, in the same specimen; itself alone when no other is known."""
    if code in _HBA1C:
        return _HBA1C
    analyte = _ANALYTE_OF.get(code)
    return analyte.codes if analyte else (code,)


def unit_of(printed: str) -> Unit | None:
    """The unit behind a printed one; ``None`` when this table does not know it."""
    return _UNITS.get(spelled(printed))


def spelled(printed: str) -> str:
    """One spelling for the many of a unit: ``x10^9/l`` and ``10*9/L`` are the same."""
    text = _NOTE.sub("", printed).replace("µ", "u").replace("μ", "u").replace("³", "3").replace("^", "*")
    text = "".join(text.split()).removeprefix("x").removeprefix("×").removeprefix("X")
    return _LITRE.sub(r"\1L", text)


def convert(value: Decimal, unit: str, into: str, *, code: str = "") -> Decimal | None:
    """The value in another printed unit, to at least three digits; ``None`` when the two are not comparable.

    Args:
        value: the number that was measured.
        unit, into: printed units.
        code: the LOINC code of what was measured, empty when it has none.
    """
    if spelled(unit) == spelled(into):
        return value
    one, other = unit_of(unit), unit_of(into)
    if one is None or other is None:
        return None
    if one.quantity is other.quantity:
        return _rounded(value * one.size / other.size, value)
    if code in _HBA1C:
        return _glycated(value, one.quantity, other.quantity)
    analyte = _ANALYTE_OF.get(code)
    kinds = (one.quantity, other.quantity)
    if analyte is not None and kinds == (Quantity.MASS_IN_VOLUME, Quantity.AMOUNT_IN_VOLUME):
        return _rounded(value * one.size / analyte.mass / other.size, value)
    if analyte is not None and kinds == (Quantity.AMOUNT_IN_VOLUME, Quantity.MASS_IN_VOLUME):
        return _rounded(value * one.size * analyte.mass / other.size, value)
    return None


def _glycated(value: Decimal, one: Quantity, other: Quantity) -> Decimal | None:
    if (one, other) == (Quantity.AMOUNT_IN_AMOUNT, Quantity.FRACTION):
        return _rounded(value * _SLOPE + _OFFSET, value)
    if (one, other) == (Quantity.FRACTION, Quantity.AMOUNT_IN_AMOUNT):
        return _rounded((value - _OFFSET) / _SLOPE, value)
    return None


def _rounded(value: Decimal, measured: Decimal) -> Decimal:
    """As many digits as were measured, three at least: more would claim a precision that nobody has."""
    digits = max(_DIGITS, len(measured.as_tuple().digits))
    rounded = Context(prec=digits, rounding=ROUND_HALF_EVEN).create_decimal(value)
    exponent = rounded.as_tuple().exponent
    # Written out: an exponent is nothing to read.
    return rounded.quantize(Decimal(1)) if isinstance(exponent, int) and exponent > 0 else rounded

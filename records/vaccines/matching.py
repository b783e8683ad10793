"""Against what a vaccine protects, told from its codes (CVX, ATC) or, failing them, from its name.

Codes: CVX (CDC, https://www2a.cdc.gov/vaccines/iis/iisstandards/vaccines.asp), ATC (WHO, class J07). Names: those of
vaccines sold in France and of the diseases, in French and English, accents folded. What is not recognised protects
against nothing here: the page shows it in its list, and says that it was not counted. So are vaccines against one of
several diseases that the calendar asks for together (tetanus or polio alone, pneumococcus without conjugate).
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterable

from records.vaccines.calendar import Target

_D, _P, _H, _B = Target.DTP, Target.PERTUSSIS, Target.HIB, Target.HEPATITIS_B

_CVX = {
    "9 113 138 139 28 196": (_D,),
    "1 20 22 50 106 107 110 115 120 130 132 146 102 198": (_D, _P),
    "22 50 51 120 132 146 198 17 46 47 48 49 102 148": (_H,),
    "8 42 43 44 45 51 104 110 132 146 189 198 102 220": (_B,),
    "133 152 177 215 216 100 109 327": (Target.PNEUMOCOCCUS,),
    "108 114 136 147 203 316 328": (Target.MENINGOCOCCUS_ACWY,),
    "162 163 164 316 328": (Target.MENINGOCOCCUS_B,),
    "3 94": (Target.MMR,),
    "74 116 119 122": (Target.ROTAVIRUS,),
    "62 118 137 165": (Target.HPV,),
    "187": (Target.ZOSTER,),
    "303 304 305 326 314 315": (Target.RSV,),
    "15 16 88 111 125 126 127 128 135 140 141 144 149 150 151 153 155 158 161 166 168 171 185 186 194 197 200 201 202"
    " 205 231 320": (Target.INFLUENZA,),
    "207 208 210 211 212 213 217 218 219 221 228 229 230 300 301 302 308 309 310 311 312 313 519": (Target.COVID,),
}
# The longest beginning of a code counts.
_ATC = {
    "J07AM51": (_D,),
    "J07AJ": (_P,),
    "J07AJ51": (_D, _P),
    "J07AJ52": (_D, _P),
    "J07CA01": (_D,),
    "J07CA02": (_D, _P),
    "J07CA05": (_D, _P, _B),
    "J07CA06": (_D, _P, _H),
    "J07CA09": (_D, _P, _H, _B),
    "J07CA11": (_D, _P, _H, _B),
    "J07CA12": (_D, _P, _B),
    "J07CA13": (_D, _P, _H, _B),
    "J07AG": (_H,),
    "J07BC01": (_B,),
    "J07BC20": (_B,),
    "J07AL02": (Target.PNEUMOCOCCUS,),
    "J07AH04": (Target.MENINGOCOCCUS_ACWY,),
    "J07AH08": (Target.MENINGOCOCCUS_ACWY,),
    "J07AH06": (Target.MENINGOCOCCUS_B,),
    "J07AH09": (Target.MENINGOCOCCUS_B,),
    "J07BD52": (Target.MMR,),
    "J07BD54": (Target.MMR,),
    "J07BH": (Target.ROTAVIRUS,),
    "J07BM": (Target.HPV,),
    "J07BK03": (Target.ZOSTER,),
    "J07BX05": (Target.RSV,),
    "J07BB": (Target.INFLUENZA,),
    "J07BN": (Target.COVID,),
    "J07BX03": (Target.COVID,),
}
_HEXA = (_D, _P, _H, _B)
_NAMES: tuple[tuple[str, tuple[Target, ...]], ...] = (
    (r"hexyon|vaxelis|infanrix hexa|hexavalent", _HEXA),
    (r"pentavac|infanrix ?quinta|pentavalent", (_D, _P, _H)),
    (r"infanrix ?tetra|tetravac|repevax|boostrix|d ?t ?ca ?p|diphterie.*coqueluche|dtpcoq|tdap|dtap", (_D, _P)),
    (r"revaxis|\bd ?t ?p\b|diphter|diphther|\btd\b", (_D,)),
    (r"coqueluche|pertussis", (_P,)),
    (r"act-?hib|haemophilus|\bhib\b", (_H,)),
    (r"engerix|genhevac|hbvaxpro|twinrix|hepatit\w+ b\b|\bhep ?b\b|fendrix", (_B,)),
    (r"prevenar|prevnar|vaxneuvance|capvaxive|pneumoc\w* conj|^pneumoc", (Target.PNEUMOCOCCUS,)),
    (r"nimenrix|menquadfi|menveo|\bac[wy]{2}\b|mening\w* ?acw", (Target.MENINGOCOCCUS_ACWY,)),
    (r"bexsero|trumenba|mening\w* (serogroupe )?b\b|\bmenb\b", (Target.MENINGOCOCCUS_B,)),
    (r"\bm-?m-?r|priorix|proquad|\bror\b|rougeole|measles", (Target.MMR,)),
    (r"rotarix|rotateq|rotavirus", (Target.ROTAVIRUS,)),
    (r"gardasil|cervarix|papilloma|\bhpv\b", (Target.HPV,)),
    (r"shingrix", (Target.ZOSTER,)),
    (r"arexvy|abrysvo|mresvia|syncytial|\bvrs\b|\brsv\b", (Target.RSV,)),
    (r"vaxigrip|influvac|efluelda|fluad|fluarix|flucelvax|grippe|influenza", (Target.INFLUENZA,)),
    (r"comirnaty|spikevax|nuvaxovid|covid|sars-cov", (Target.COVID,)),
)
_BY_NAME = tuple((re.compile(pattern), targets) for pattern, targets in _NAMES)
_BY_CVX: dict[str, frozenset[Target]] = {}
for _codes, _targets in _CVX.items():
    for _code in _codes.split():
        _BY_CVX[_code] = _BY_CVX.get(_code, frozenset()) | frozenset(_targets)
_ANTIBODIES = re.compile(r"beyfortus|nirsevimab|immunoglobul")


def targets_of(codes: Iterable[tuple[str, str]], words: str) -> frozenset[Target]:
    """Against what this vaccine protects; empty when it is not recognised.

    Args:
        codes: pairs (system, code) of the vaccine.
        words: its name and the diseases that its source gives.
    """
    for system, code in codes:
        if system.endswith("/cvx") and code.lstrip("0") in _BY_CVX:
            return _BY_CVX[code.lstrip("0")]
        if system.endswith("whocc.no/atc") and (found := _of_atc(code.upper())):
            return found
    plain = _folded(words)
    if _ANTIBODIES.search(plain):
        # Antibodies are given, not a vaccine: nothing is learnt by the body.
        return frozenset()
    return frozenset(target for pattern, targets in _BY_NAME if pattern.search(plain) for target in targets)


def _of_atc(code: str) -> frozenset[Target]:
    for length in range(len(code), 4, -1):
        if code[:length] in _ATC:
            return frozenset(_ATC[code[:length]])
    return frozenset()


def _folded(text: str) -> str:
    flat = unicodedata.normalize("NFKD", text.casefold().replace("œ", "oe"))
    return "".join(letter for letter in flat if not unicodedata.combining(letter))

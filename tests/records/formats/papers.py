"""Small CDA documents and HL7 v2 messages of our own, and what an independent script found in those of others."""

from __future__ import annotations

import random
from base64 import b64encode

HEADER = """<ClinicalDocument xmlns="urn:hl7-org:v3" xmlns:xsi="http://www.w3.org/2001/XMLSchema-instance">
<id root="1.2.3.4"/><code code="{code}" codeSystem="2.16.840.1.113883.6.1" displayName="Essai"/><title>Essai</title>
<effectiveTime value="20260312084500+0100"/><confidentialityCode code="N"/><languageCode code="fr-FR"/>
<setId root="1.2.3.5"/>{people}
<author><assignedAuthor><id root="1.2.250.1.71.4.2.1" extension="899900000015"/>
<assignedPerson><name><family>ESSAI</family><given>Ada</given></name></assignedPerson></assignedAuthor></author>
<component>{body}</component></ClinicalDocument>"""

PERSON = """<recordTarget><patientRole><id root="1.2.250.1.213.1.4.10" extension="{ins}"/><patient>
<name><family qualifier="BR">Essai</family><given>Lou Anne</given><given qualifier="BR">Lou</given>
<family qualifier="CL">Usage</family><given qualifier="CL">Lou</given></name>
<administrativeGenderCode code="F"/><birthTime value="{born}"/></patient></patientRole></recordTarget>"""


def person(born: str = "19840307", ins: str = "") -> str:
    return PERSON.format(born=born, ins=ins)


def document(body: str, code: str = "11488-4", people: str = "") -> bytes:
    return HEADER.format(code=code, people=people or person(), body=body).encode()


def structured(entries: str = "", text: str = "<paragraph>Bonjour</paragraph>", code: str = "18719-5") -> str:
    return (
        f'<structuredBody><component><section><code code="{code}"/><title>Partie</title><text>{text}</text>'
        f"{entries}</section></component></structuredBody>"
    )


def observation(value: str, more: str = "", attributes: str = "", code: str = "2823-3") -> str:
    return (
        f'<entry><observation classCode="OBS" moodCode="EVN" {attributes}>'
        f'<code code="{code}" codeSystem="2.16.840.1.113883.6.1" displayName="Potassium"/>'
        f'<statusCode code="completed"/><effectiveTime value="20260301"/>{value}{more}</observation></entry>'
    )


def embedded(raw: bytes, media: str = "application/pdf") -> str:
    told = b64encode(raw).decode()
    return f'<nonXMLBody><text mediaType="{media}" representation="B64">\n{told}\n</text></nonXMLBody>'


PID = "PID|1||279035121518989^^^INS-NIR&1.2.250.1.213.1.4.10&ISO^INS||Essai^Lou^Lou Anne^^^^L||19840307|F"


def message(*segments: str, charset: str = "UNICODE UTF-8", pid: str = PID, kind: str = "ORU^R01^ORU_R01") -> str:
    head = f"MSH|^~\\&|SIL|LABO|CARNET|ESSAI|20260312101500||{kind}|M-1|T|2.5|||||FRA|{charset}|FR"
    return "\r".join([head, *([pid] if pid else []), *segments]) + "\r"


OBR = (
    "OBR|1|D-1|R-1|58410-2^Hémogramme^LN|||20260312084500|||||||||801234567897^MULLER^Charles||||||20260312101000||HM|F"
)
OBX = "OBX|1|NM|718-7^Hémoglobine^LN||10,2|g/dL^g/dL^UCUM|12,0-16,0|L|||F|||20260312084500"


def mutate(raw: bytes, dice: random.Random) -> bytes:
    """A few bytes changed, cut, doubled or moved; or a piece of markup replaced by another."""
    told = bytearray(raw)
    for _time in range(dice.randint(1, 6)):
        start = dice.randrange(len(told) or 1)
        end = min(len(told), start + dice.choice((1, 1, 2, 8, 40, 200)))
        way = dice.randrange(6)
        if way == 0:
            told[start:end] = bytes(dice.randrange(256) for _ in range(end - start))
        elif way == 1:
            del told[start:end]
        elif way == 2:
            told[start:start] = told[start:end] * dice.choice((1, 2, 50))
        elif way == 3:
            told[start:end] = dice.choice(
                (b'"', b"<", b">", b"&", b"99999999999999999999", b"-1", b"\x00", "é".encode())
            )
        elif way == 4:
            other = dice.randrange(len(told) or 1)
            told[start:end] = told[other : other + end - start]
        else:
            found = [
                b'value="',
                b'code="',
                b'xsi:type="',
                b"nullFlavor",
                b"<text>",
                b"<low ",
                b"B64",
                b"|",
                b"^",
                b"\r",
            ]
            wanted = dice.choice(found)
            told = bytearray(bytes(told).replace(wanted, dice.choice(found), dice.randint(1, 9)))
    return bytes(told)

"""A patient takes all own lines away, and a stranger checks them."""

from audit import outsider
from audit.keys import load_log_keys
from tests.audit.acts import number_all
from tests.portal.ward import a_carer, a_patient, browser_of, history, in_care, prove_again


def test_the_page_explains_and_the_file_proves(db):
    patient, other, carer = a_patient(), a_patient("Autre", "Yves"), a_carer()
    in_care(patient, carer)
    browser_of(carer.account).get(f"/pro/patients/{patient.ref.id}/")
    browser = browser_of(patient.account)
    page = browser.get("/accesses/proof/").content.decode()
    assert str(load_log_keys().current).split("+")[1] in page
    assert browser.get("/accesses/proof/file/").status_code == 405
    assert "Is it you?" in browser.post("/accesses/proof/file/").content.decode()
    prove_again(browser)
    empty = browser.post("/accesses/proof/file/")
    assert empty.content == b""
    number_all()
    lines = history(patient)
    file = browser.post("/accesses/proof/file/")
    assert file.headers["Content-Disposition"].startswith('attachment; filename="carnet-log-')
    proven = outsider.check_all(file.content, load_log_keys().current)
    assert {one.entry.id for one in proven} == {line.id for line in lines}
    assert {one.entry.dossier for one in proven} == {patient.ref.pseudonym}
    assert str(other.ref.pseudonym).encode() not in file.content
    taken = history(patient)[-1]
    assert (taken.event, taken.purpose, taken.facts["lines"]) == ("history.read", "proof", str(len(lines)))


def test_only_for_patients(db):
    carer = a_carer()
    assert browser_of(carer.account).get("/accesses/proof/").status_code == 403

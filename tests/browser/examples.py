"""An example of every page: who sees it and the way there. A page that is missing here fails the tests."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from django.urls import URLPattern, URLResolver, get_resolver
from playwright.sync_api import Page, Response

from tests.records.formats.pdfs import pdf

PATIENT, DOCTOR, ADMINISTRATOR = "camille.moreau", "nadia.lefevre", "irene.vidal"
EMERGENCY_DOCTOR, PHARMACIST = "helene.marchand", "julien.berger"
ADVISER = "odile.blanc"
STRANGER, WITH_PASSWORD, WITHOUT_AUTHENTICATOR, EMPTY = "stranger", "with password", "without authenticator", "empty"

_CAMILLE = "main a[href*='/pro/patients/']:has-text('Moreau')"
_SWITCH = "main label.switch-line input[value$=':imaging']"
_LUCAS = "main a.row-link:has-text('Lucas')"
# A drawer with something in it: above it stand pages of one's own, and allergies, which are rows as well.
_DRAWER = "main li:has-text('document'):not(:has-text('0 document')) a.row-link[href*='/for/']"
_PREVIEW = "main form[action$='/sharing/changes/']:visible button"
_BRING = (("main [name=file]", "file:"), ("main [name=title]", "Ordonnance photographiée"), "main form.form button")
_FILE = "section[aria-labelledby=files] a.row-link"
_SEARCH = "main .finder button"
_KNEE = "main a.row-link:has-text('douleur du genou')"
_NOBODY = "00000000-0000-4000-8000-000000000000"


@dataclass(frozen=True)
class Example:
    """One page: where the way starts, then what is clicked, typed as ``(field, text)``, or gone to as ``../``."""

    who: str
    address: str
    way: tuple[str | tuple[str, str], ...] = ()
    status: int = 200

    def walk(self, page: Page) -> Response | None:
        """Go there; the answer of the last page that was gone to by its address."""
        answer = page.goto(self.address)
        for step in self.way:
            if isinstance(step, tuple):
                _give(page, *step)
            elif step.startswith("../"):
                answer = page.goto(page.url + step.removeprefix("../"))
            else:
                page.locator(step).first.click()
                page.wait_for_load_state()
        return answer


def _give(page: Page, field: str, told: str) -> None:
    """Type into a field, choose in a list (``choose:``), or give a small PDF (``file:``)."""
    found = page.locator(field).first
    if told.startswith("choose:"):
        found.select_option(told.removeprefix("choose:"))
    elif told == "file:":
        paper = pdf("Paracétamol 1 g, trois fois par jour", pages=2)
        found.set_input_files({"name": "ordonnance.pdf", "mimeType": "application/pdf", "buffer": paper})
    else:
        found.fill(told)


# Pages, by the name of their address.
EXAMPLES: dict[str, Example] = {
    "home": Example(STRANGER, "/"),
    "components": Example(STRANGER, "/components/"),
    "accounts:sign_in": Example(STRANGER, "/signin/"),
    "accounts:second_factor": Example(WITH_PASSWORD, "/signin/code/"),
    "accounts:recovery": Example(WITH_PASSWORD, "/signin/recovery/"),
    "accounts:security": Example(PATIENT, "/security/"),
    "accounts:totp_setup": Example(WITHOUT_AUTHENTICATOR, "/security/totp/", ("summary",)),
    "accounts:totp_replace": Example(PATIENT, "/security/totp/replace/"),
    "accounts:recovery_renew": Example(PATIENT, "/security/recovery/"),
    "accounts:passkey_add": Example(PATIENT, "/security/passkeys/add/"),
    "accounts:passkey_first": Example(ADMINISTRATOR, "/security/passkeys/first/"),
    "accounts:passkey_remove": Example(ADMINISTRATOR, "/security/", ("main a[href$='/remove/']",)),
    "accounts:password": Example(PATIENT, "/security/password/"),
    "accounts:sessions": Example(PATIENT, "/security/sessions/"),
    "entrance:never": Example(STRANGER, "/never/"),
    "entrance:report": Example(STRANGER, "/never/report/"),
    "entrance:privacy": Example(STRANGER, "/privacy/"),
    "entrance:accessibility": Example(STRANGER, "/accessibility/"),
    "entrance:hosting": Example(STRANGER, "/hosting/"),
    "entrance:call_back": Example(STRANGER, "/callback/"),
    "welcoming:recover": Example(STRANGER, "/recover/"),
    "welcoming:recover_stop": Example(STRANGER, "/recover/stop/"),
    "welcoming:recover_finish": Example(STRANGER, "/recover/finish/"),
    "welcoming:paper": Example(STRANGER, "/welcome/"),
    "welcoming:invite": Example(DOCTOR, "/pro/invite/"),
    "welcoming:people": Example(ADMINISTRATOR, "/administration/people/"),
    "welcoming:enter": Example(ADMINISTRATOR, "/administration/people/new/"),
    "welcoming:organisations": Example(ADMINISTRATOR, "/administration/people/organisations/"),
    "welcoming:person": Example(ADMINISTRATOR, "/administration/people/", ("main a.row-link",)),
    "welcoming:staff": Example(ADMINISTRATOR, "/administration/people/staff/", ("main summary",)),
    "entrance:queue": Example(ADVISER, "/advice/"),
    "entrance:reports": Example(ADVISER, "/advice/messages/"),
    "patient:home": Example(PATIENT, "/home/"),
    "patient:record": Example(PATIENT, "/record/"),
    "patient:category": Example(PATIENT, "/record/laboratory/"),
    "patient:time": Example(PATIENT, "/record/time/"),
    "patient:item": Example(PATIENT, "/record/laboratory/", ("main a.row-link:has-text('HbA1c')", "summary")),
    "patient:sharing": Example(PATIENT, "/sharing/"),
    "patient:sharing_professional": Example(
        PATIENT, "/sharing/", ("main a[href^='/sharing/']:text('Lefèvre'):visible",)
    ),
    "patient:sharing_find": Example(PATIENT, "/sharing/add/"),
    "patient:sharing_add": Example(
        PATIENT, "/sharing/add/", (("main [name=name]", "picard"), "main form button", "main .rows a")
    ),
    "patient:wishes": Example(PATIENT, "/sharing/wishes/"),
    "patient:discretion": Example(PATIENT, "/sharing/screens/"),
    "patient:choices": Example(PATIENT, "/sharing/choices/?whom=nurse"),
    "patient:oppose_find": Example(PATIENT, "/sharing/oppose/"),
    "patient:oppose": Example(
        PATIENT, "/sharing/oppose/", (("main [name=name]", "picard"), "main form button", "main .rows a")
    ),
    "patient:see_as": Example(PATIENT, "/sharing/as/"),
    "patient:who": Example(PATIENT, "/sharing/who/"),
    "patient:disclosures": Example(PATIENT, "/sharing/told/"),
    "patient:code": Example(PATIENT, "/sharing/code/"),
    "patient:representatives": Example(PATIENT, "/sharing/representatives/"),
    "patient:people": Example(PATIENT, "/for/"),
    "patient:their_record": Example(PATIENT, "/for/", (_LUCAS,)),
    "patient:their_time": Example(PATIENT, "/for/", (_LUCAS, "main .finder button")),
    "patient:their_drawer": Example(PATIENT, "/for/", (_LUCAS, f"{_DRAWER} >> nth=0")),
    "patient:their_item": Example(
        PATIENT,
        "/for/",
        (_LUCAS, _DRAWER, "main a.row-link >> nth=0"),
    ),
    "questions:list": Example(PATIENT, "/accesses/questions/"),
    "explaining:list": Example(PHARMACIST, "/pro/questions/"),
    "reviewing:list": Example(EMERGENCY_DOCTOR, "/pro/reviews/"),
    "reviewing:reason": Example(EMERGENCY_DOCTOR, "/pro/reviews/", ("main a.row-link",)),
    "administration:reviews": Example(ADMINISTRATOR, "/administration/emergencies/"),
    "administration:alerts": Example(ADMINISTRATOR, "/administration/alerts/"),
    "administration:questions": Example(ADMINISTRATOR, "/administration/questions/"),
    "administration:figures": Example(ADMINISTRATOR, "/administration/figures/"),
    "administration:names": Example(ADMINISTRATOR, "/administration/names/"),
    "outbox": Example(STRANGER, "/outbox/"),
    "patient:accesses": Example(PATIENT, "/accesses/"),
    "patient:proof": Example(PATIENT, "/accesses/proof/"),
    "patient:statement": Example(PATIENT, "/accesses/statement/"),
    "notifications:letters": Example(PATIENT, "/letters/"),
    "notifications:preferences": Example(PATIENT, "/letters/preferences/"),
    "notifications:preview": Example(PATIENT, "/letters/preferences/emergency/"),
    "notifications:address": Example(PATIENT, "/letters/address/"),
    "professional:patients": Example(DOCTOR, "/pro/"),
    "professional:patient": Example(DOCTOR, "/pro/", (_CAMILLE,)),
    "professional:time": Example(DOCTOR, "/pro/", (_CAMILLE, "main a[href$='/time/']")),
    "professional:drawer": Example(DOCTOR, "/pro/", (_CAMILLE, "main a[href$='/laboratory/']")),
    "professional:item": Example(
        DOCTOR, "/pro/", (_CAMILLE, "main a[href$='/laboratory/']", "main a.row-link:has-text('HbA1c')")
    ),
    "professional:request": Example(DOCTOR, "/pro/", (_CAMILLE, "main a[href*='/request/']")),
    "professional:deposit": Example(DOCTOR, "/pro/", (_CAMILLE, "main a[href$='/deposit/']")),
    "professional:code": Example(DOCTOR, "/pro/code/"),
    "professional:deferrals": Example(DOCTOR, "/pro/", (_CAMILLE, "../told/")),
    "professional:tell": Example(DOCTOR, "/pro/", (_CAMILLE, "../tell/")),
    "professional:emergency": Example(DOCTOR, "/pro/", (_CAMILLE, "main a[href$='/emergency/']")),
    "professional:emergency_find": Example(DOCTOR, "/pro/emergency/"),
    "professional:delegations": Example(DOCTOR, "/pro/delegations/"),
    "professional:entrust": Example(
        DOCTOR, "/pro/delegations/", (("main [name=name]", "marchand"), "main form button", "main .rows a.row-link")
    ),
    "professional:accesses": Example(DOCTOR, "/pro/accesses/"),
    "administration:log": Example(ADMINISTRATOR, "/administration/", ("summary",)),
    "administration:keys": Example(ADMINISTRATOR, "/administration/keys/"),
    "papers:add": Example(PATIENT, "/record/files/add/"),
    "papers:asked": Example(PATIENT, "/record/files/asked/"),
    "papers:file": Example(
        PATIENT,
        "/record/files/add/?category=prescription",
        (*_BRING, "main a.row-link:has-text('photographiée')", _FILE),
    ),
    "filing:add": Example(DOCTOR, "/pro/", (_CAMILLE, "../deposit/", "main a[href*='/pro/files/']")),
    "filing:ask": Example(DOCTOR, "/pro/", (_CAMILLE, "main a[href$='/ask/']")),
    "filing:file": Example(
        DOCTOR,
        "/pro/",
        (
            *(_CAMILLE, "../deposit/", "main a[href*='/pro/files/']", ("main [name=category]", "choose:laboratory")),
            *(*_BRING, "main a.row-link:has-text('photographiée')", _FILE),
        ),
    ),
    "health:summary": Example(PATIENT, "/record/health/summary/"),
    "health:card": Example(PATIENT, "/record/health/card/"),
    "health:vaccinations": Example(PATIENT, "/record/health/vaccinations/"),
    "caring:vaccinations": Example(
        DOCTOR, "/pro/", (_CAMILLE, "main a[href$='/summary/']", "main a[href$='/vaccinations/']")
    ),
    "health:measures": Example(PATIENT, "/record/health/measures/"),
    "health:measure_add": Example(PATIENT, "/record/health/measures/add/"),
    "caring:measures": Example(DOCTOR, "/pro/", (_CAMILLE, "main a[href$='/summary/']", "main a[href$='/measures/']")),
    "corrections:list": Example(PATIENT, "/record/corrections/"),
    "corrections:ask": Example(
        PATIENT,
        "/record/consultation_report/",
        ("main a.row-link:has-text('Appel téléphonique')", "main p.no-print a[href*='/record/corrections/']"),
    ),
    "corrections:version": Example(
        PATIENT, "/record/consultation_report/", (_KNEE, "main a[href*='/record/corrections/'][href$='/1/']")
    ),
    "correcting:list": Example(DOCTOR, "/pro/corrections/"),
    "correcting:answer": Example(DOCTOR, "/pro/corrections/", ("main a.row-link",)),
    "correcting:version": Example(
        DOCTOR,
        "/pro/",
        (_CAMILLE, "main a[href$='/consultation_report/']", _KNEE, "main a[href*='/pro/corrections/of/']"),
    ),
    "caring:summary": Example(DOCTOR, "/pro/", (_CAMILLE, "main a[href$='/summary/']")),
    "keeping:overview": Example(PATIENT, "/record/keeping/"),
    "keeping:lock": Example(PATIENT, "/record/keeping/lock/"),
    "keeping:copy": Example(PATIENT, "/record/keeping/copy/"),
    "keeping:close": Example(PATIENT, "/record/keeping/close/"),
    "keeping:closed": Example(PATIENT, "/record/keeping/closed/"),
    "keeping:download": Example(PATIENT, f"/record/keeping/copy/{_NOBODY}/file/"),
    "administration:integrity": Example(ADMINISTRATOR, "/administration/integrity/"),
    "administration:undelivered": Example(ADMINISTRATOR, "/administration/letters/"),
}

# What an address does not tell: mistakes, refusals, blanks, and pages that answer an act.
STATES: dict[str, Example] = {
    "a sign-in with a mistake": Example(
        STRANGER, "/signin/", (("[name=login]", "x@example.org"), ("[name=password]", "x"), "main form button")
    ),
    "a paper code that is none": Example(STRANGER, "/welcome/", (("main [name=code]", "ABCD"), "main form button")),
    "an invitation with mistakes": Example(DOCTOR, "/pro/invite/", ("main form button",)),
    "a call without a number": Example(STRANGER, "/callback/", ("main form button",)),
    "a wrong code": Example(WITH_PASSWORD, "/signin/code/", ("main form button",)),
    "before a change of sharing is confirmed": Example(
        PATIENT, "/sharing/", ("main a[href^='/sharing/']:text('Lefèvre'):visible", _SWITCH, _PREVIEW)
    ),
    "before choices for a profession are confirmed": Example(
        PATIENT, "/sharing/choices/?whom=nurse", ("main .foot button",)
    ),
    "who could see laboratory results": Example(PATIENT, "/sharing/who/?category=laboratory"),
    "no such page": Example(PATIENT, "/record/nothing/", status=404),
    "another audience's page": Example(PATIENT, "/administration/", status=403),
    "results of a search": Example(PATIENT, "/record/", (("[name=words]", "hemoglobine"), _SEARCH)),
    "a search of the record without a hit": Example(PATIENT, "/record/time/", (("[name=words]", "zzzz"), _SEARCH)),
    "a search with a mistake": Example(
        PATIENT,
        "/record/time/",
        ("main details summary", ("[name=since]", "2026-03-02"), ("[name=until]", "2026-03-01"), _SEARCH),
    ),
    "reimbursements apart": Example(PATIENT, "/record/time/?shelf=papers"),
    "results outside their range": Example(PATIENT, "/record/laboratory/?outside=yes"),
    "an empty record by date": Example(EMPTY, "/record/time/"),
    "a professional's search": Example(DOCTOR, "/pro/", (_CAMILLE, ("[name=words]", "cholesterol"), _SEARCH)),
    **{
        f"a record: {named}": Example(PATIENT, address, ("main a.row-link" + (f":has-text('{text}')" if text else ""),))
        for named, address, text in (
            ("a panel of results", "/record/laboratory/", "Bilan lipidique"),
            ("a report", "/record/consultation_report/", "Compte rendu"),
            ("an appointment", "/record/time/", "Consultation de cardiologie"),
            ("a condition", "/record/medical_summary/", "Diabète"),
            ("an allergy", "/record/medical_summary/", "Pénicilline"),
            ("a dispensed medicine", "/record/dispensation/", ""),
            ("a vaccination", "/record/prevention/", ""),
            ("a care plan", "/record/care_plan/", ""),
            ("imaging", "/record/imaging/", "Radiographie"),
            ("a reimbursement", "/record/reimbursement/", ""),
            ("a cover", "/record/administrative/", ""),
        )
    },
    "a prescription": Example(PATIENT, "/record/prescription/", ("main a.row-link",)),
    "every access, one's own too": Example(PATIENT, "/accesses/", ("main .chips a:last-child",)),
    "a search without a hit": Example(PATIENT, "/sharing/add/", (("main [name=name]", "zzzz"), "main form button")),
    "accesses narrowed to one person": Example(PATIENT, "/accesses/?who=lefevre&kind=looked"),
    "accesses with a filter that is wrong": Example(PATIENT, "/accesses/?since=2026-03-02&until=2026-03-01"),
    "a month without an access": Example(EMPTY, "/accesses/statement/"),
    "an empty home": Example(EMPTY, "/home/"),
    "an empty record": Example(EMPTY, "/record/"),
    "an empty category": Example(EMPTY, "/record/laboratory/"),
    "nobody to share with": Example(EMPTY, "/sharing/"),
    "a first history": Example(EMPTY, "/accesses/"),
    "no letter": Example(EMPTY, "/letters/"),
    "nothing to explain": Example(DOCTOR, "/pro/questions/"),
    "somebody else's patient": Example(DOCTOR, f"/pro/patients/{_NOBODY}/", status=404),
    "a refused category": Example(DOCTOR, "/pro/", (_CAMILLE, "../mental_health/"), status=403),
    "a document without a title": Example(DOCTOR, "/pro/", (_CAMILLE, "main a[href$='/deposit/']", "main form button")),
    "an emergency without a reason": Example(
        DOCTOR, "/pro/", (_CAMILLE, "main a[href$='/emergency/']", "main form button")
    ),
    "an emergency in force": Example(EMERGENCY_DOCTOR, "/pro/", ("main .rows a.row-link",)),
    "a filter with a mistake": Example(ADMINISTRATOR, "/administration/?dossier=nobody"),
    "a filter without a hit": Example(ADMINISTRATOR, "/administration/?dossier=P-0000-0000"),
}

# Addresses that only take an act: they answer 405 to a visit, and what they answer to the act is among the states.
ACTS = {
    *("accounts:sign_out", "accounts:language", "accounts:organisation"),
    *("entrance:call_done", "entrance:report_answer"),
    *("welcoming:staff_agree", "welcoming:act_on_staff"),
    *("welcoming:again", "welcoming:act", "welcoming:act_on_patient", "welcoming:find", "welcoming:accept"),
    *("accounts:session_end", "accounts:sessions_end"),
    *("accounts:passkey_sign_in", "accounts:passkey_options", "accounts:passkey_enrolment", "accounts:passkey_begin"),
    *("papers:refuse", "papers:remove", "health:measure_remove"),
    *("patient:mask", "patient:unmask", "patient:sharing_preview", "patient:sharing_confirm", "patient:sharing_end"),
    *("patient:request_answer", "patient:choice_withdraw", "patient:opposition", "patient:opposition_withdraw"),
    *("notifications:mark_read", "notifications:mark_one", "notifications:other_words"),
    *("notifications:address_ask", "notifications:address_confirm", "notifications:address_leave"),
    *("patient:to_guardians", "patient:wishes_save", "patient:cover", "patient:new_code", "patient:export_consents"),
    *("patient:team_open", "patient:team_end", "patient:representative_end", "questions:ask", "explaining:answer"),
    *("professional:emergency_end", "professional:hold", "professional:release", "professional:secret"),
    *("patient:act_for", "patient:stop_acting", "patient:blanks", "professional:agree"),
    *("professional:delegation_end", "professional:act", "professional:stop_acting"),
    *("administration:verify", "administration:review", "administration:alert_review"),
    *("administration:question_decide", "administration:take_csv", "administration:take_fhir"),
    *("administration:name_ask", "administration:name_agree", "administration:name"),
    "reviewing:verdict",
}

# Files for machines: proofs and checkpoints of the log.
FILES = {
    *("watching:live", "watching:ready", "watching:metrics"),
    "patient:proof_download",
    "papers:original",
    "filing:original",
    "keeping:receipt",
    "transparency:checkpoint",
    "transparency:tile",
    "transparency:keys",
    "transparency:entries",
}


def names_of_pages(resolver: URLResolver | None = None, space: str = "") -> Iterator[str]:
    """The name of every address of the house."""
    for pattern in (resolver or get_resolver()).url_patterns:
        if isinstance(pattern, URLPattern):
            yield space + str(pattern.name)
        else:
            yield from names_of_pages(pattern, f"{pattern.namespace}:" if pattern.namespace else space)

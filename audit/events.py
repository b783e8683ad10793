"""Everything that can be remembered.

The dotted name is written into the log for ever: names are added, never changed or reused. The
meaning is an English sentence fragment that the portal translates.
"""

from __future__ import annotations

from enum import Enum, StrEnum

from django.utils.translation import gettext_noop as _


class Outcome(StrEnum):
    """How the act ended: a decision is allowed or refused, any other act done or failed."""

    ALLOWED = "allowed"
    REFUSED = "refused"
    DONE = "done"
    FAILED = "failed"


class Event(Enum):
    """A stable dotted name and its meaning."""

    ACCOUNT_CREATED = ("account.created", _("account created"))
    ACCOUNT_PASSWORD_ACCEPTED = ("account.password_accepted", _("password accepted"))
    ACCOUNT_SIGNED_IN = ("account.signed_in", _("signed in"))
    ACCOUNT_SIGN_IN_REFUSED = ("account.sign_in_refused", _("sign-in refused"))
    ACCOUNT_FACTOR_REFUSED = ("account.factor_refused", _("one-time code refused"))
    ACCOUNT_SIGNED_OUT = ("account.signed_out", _("signed out"))
    ACCOUNT_FACTOR_ADDED = ("account.factor_added", _("second factor added"))
    ACCOUNT_RECOVERY_USED = ("account.recovery_used", _("recovery code used"))
    ACCOUNT_RECOVERY_RENEWED = ("account.recovery_renewed", _("recovery codes renewed"))
    DOSSIER_CREATED = ("dossier.created", _("health record created"))
    DOSSIER_OPENED = ("dossier.opened", _("health record opened"))
    DOSSIER_LISTED = ("dossier.listed", _("name seen in a list of patients"))
    CATEGORY_READ = ("category.read", _("category read"))
    RECORD_READ = ("record.read", _("document read"))
    RECORD_CREATED = ("record.created", _("document added"))
    RECORD_AMENDED = ("record.amended", _("document amended"))
    RECORD_MASKED = ("record.masked", _("document hidden"))
    RECORD_UNMASKED = ("record.unmasked", _("document shown again"))
    IMPORT_DONE = ("import.done", _("documents imported"))
    IMPORT_REFUSED = ("import.refused", _("import refused"))
    RELATIONSHIP_OPENED = ("relationship.opened", _("care relationship opened"))
    RELATIONSHIP_ENDED = ("relationship.ended", _("care relationship ended"))
    CHOICE_MADE = ("choice.made", _("sharing changed"))
    CHOICE_WITHDRAWN = ("choice.withdrawn", _("sharing choice withdrawn"))
    OPPOSITION_MADE = ("opposition.made", _("opposition recorded"))
    OPPOSITION_WITHDRAWN = ("opposition.withdrawn", _("opposition withdrawn"))
    ACCESS_REQUESTED = ("access.requested", _("access requested"))
    ACCESS_ANSWERED = ("access.answered", _("request answered"))
    EMERGENCY_OPENED = ("emergency.opened", _("emergency access opened"))
    EMERGENCY_ENDED = ("emergency.ended", _("emergency access ended"))
    SHARING_READ = ("sharing.read", _("sharing settings read"))
    HISTORY_READ = ("history.read", _("access history read"))
    LOG_READ = ("log.read", _("log read by an administrator"))
    LOG_VERIFIED = ("log.verified", _("log verified"))
    KEY_CREATED = ("key.created", _("encryption key created"))
    HOUSE_KEY_CREATED = ("house_key.created", _("house key created"))
    DOSSIER_FOUND = ("dossier.found", _("health record looked up by its national number"))
    CONTACT_OPENED = ("contact.opened", _("address opened"))
    WISH_MADE = ("wish.made", _("wish recorded"))
    WISH_WITHDRAWN = ("wish.withdrawn", _("wish withdrawn"))
    DISCRETION_CHANGED = ("discretion.changed", _("categories hidden from one's own screens changed"))
    TEAM_OPENED = ("team.opened", _("care by a team opened"))
    TEAM_ENDED = ("team.ended", _("care by a team ended"))
    TREATING_NAMED = ("treating.named", _("treating doctor named"))
    TREATING_ENDED = ("treating.ended", _("treating doctor no longer named"))
    REPRESENTATIVE_ADDED = ("representative.added", _("representative added"))
    REPRESENTATIVE_ENDED = ("representative.ended", _("representative no longer acts"))
    DELEGATION_MADE = ("delegation.made", _("delegation given"))
    DELEGATION_ENDED = ("delegation.ended", _("delegation ended"))
    CODE_SHOWN = ("code.shown", _("code shown to let a professional in"))
    CODE_USED = ("code.used", _("care relationship opened with a code"))
    CODE_REFUSED = ("code.refused", _("code refused"))
    RECORD_HELD = ("record.held", _("result held for a visit"))
    RECORD_RELEASED = ("record.released", _("result released"))
    RECORD_KEPT_SECRET = ("record.kept_secret", _("document kept from guardians"))
    RECORD_OPENED_TO_GUARDIANS = ("record.opened_to_guardians", _("document opened to guardians"))
    DISCLOSURE_MADE = ("disclosure.made", _("lawful disclosure recorded"))
    DISCLOSURE_DEFERRED = ("disclosure.deferred", _("a lawful disclosure told later, with a second professional"))
    DISCLOSURES_READ = ("disclosures.read", _("lawful disclosures read"))
    REVIEWS_READ = ("reviews.read", _("emergencies to review read"))
    EMERGENCY_REVIEWED = ("emergency.reviewed", _("emergency access reviewed"))
    SHARING_EXPLAINED = ("sharing.explained", _("asked who may see what, and why"))
    SHARING_PREVIEWED = ("sharing.previewed", _("looked at the record as somebody else would get it"))
    CONSENTS_EXPORTED = ("consents.exported", _("consents taken away"))
    CONSENT_ENDING = ("consent.ending", _("sharing that ends soon, announced"))
    STATEMENT_READY = ("statement.ready", _("monthly statement, announced"))
    KEY_TURNING = ("key.turning", _("change of the encryption key begun"))
    KEY_RESEALED = ("key.resealed", _("documents sealed again under the new key"))
    KEY_RETIRED = ("key.retired", _("change of the encryption key finished"))
    KEY_DESTROYED = ("key.destroyed", _("former encryption key destroyed"))
    KEYS_REWRAPPED = ("keys.rewrapped", _("keys wrapped again by the new master key"))
    CASE_OPENED = ("case.opened", _("access questioned by the patient"))
    CASE_EXPLAINED = ("case.explained", _("questioned access explained"))
    CASE_CONCLUDED = ("case.concluded", _("questioned access concluded"))
    CASE_DUE = ("case.due", _("answer to a questioned access due"))
    CASES_READ = ("cases.read", _("questioned accesses read"))
    UNSEALING_ASKED = ("unsealing.asked", _("name behind a pseudonym asked for"))
    UNSEALING_DONE = ("unsealing.done", _("name behind a pseudonym opened by two administrators"))
    LOG_EXPORTED = ("log.exported", _("lines of the log taken away"))
    ALERTS_READ = ("alerts.read", _("alerts of the log read"))
    ALERT_REVIEWED = ("alert.reviewed", _("alert of the log looked at"))
    ACCOUNT_FACTOR_REMOVED = ("account.factor_removed", _("second factor removed"))
    ACCOUNT_PASSWORD_CHANGED = ("account.password_changed", _("password changed"))
    CONTACT_CHANGE_ASKED = ("contact.change_asked", _("another address for letters, waiting for its code"))
    CONTACT_CHANGE_REFUSED = ("contact.change_refused", _("wrong code for another address"))
    CONTACT_CHANGED = ("contact.changed", _("address for letters changed"))
    LETTERS_CHOSEN = ("letters.chosen", _("choice of letters changed"))
    WORDS_DRAWN = ("words.drawn", _("three words of letters drawn again"))
    KEYS_TURN_ORDERED = ("keys.turn_ordered", _("new keys for every health record ordered"))
    DOSSIER_CLOSED = ("dossier.closed", _("health record closed"))
    DOSSIER_SHREDDED = ("dossier.shredded", _("keys of the closed health record destroyed for good"))
    HOUSE_KEY_TURNING = ("house_key.turning", _("change of a house key begun"))
    HOUSE_KEY_RESEALED = ("house_key.resealed", _("sealed again under the new house key"))
    HOUSE_KEY_DESTROYED = ("house_key.destroyed", _("former house key destroyed"))
    EXPORT_ASKED = ("export.asked", _("copy of the record asked for"))
    EXPORT_FILLED = ("export.filled", _("documents put into the copy of the record"))
    EXPORT_READY = ("export.ready", _("copy of the record ready"))
    EXPORT_TAKEN = ("export.taken", _("copy of the record downloaded"))
    EXPORT_ENDED = ("export.ended", _("copy of the record destroyed"))
    ACCOUNT_PROVEN_AGAIN = ("account.proven_again", _("proven again before a sensitive act"))
    ACCOUNT_SESSIONS_ENDED = ("account.sessions_ended", _("sessions ended"))
    ACCOUNT_SUSPENDED = ("account.suspended", _("account suspended"))
    ACCOUNT_RESTORED = ("account.restored", _("account opened again"))
    ACCOUNT_ENDED = ("account.ended", _("account ended"))
    ACCOUNT_INVITED = ("account.invited", _("invitation to open an account"))
    ACCOUNT_INVITATION_REFUSED = ("account.invitation_refused", _("invitation code refused"))
    ACCOUNT_RECOVERY_ASKED = ("account.recovery_asked", _("recovery of the account asked for"))
    ACCOUNT_RECOVERY_STOPPED = ("account.recovery_stopped", _("recovery of the account stopped"))
    ACCOUNT_RECOVERED = ("account.recovered", _("account recovered"))
    STAFF_PROPOSED = ("staff.proposed", _("administrator, or another role, proposed"))
    STAFF_AGREED = ("staff.agreed", _("administrator, or another role, agreed to by a second administrator"))
    ACCOUNT_ROLE_CHANGED = ("account.role_changed", _("role of an account changed"))
    ACCOUNTS_READ = ("accounts.read", _("list of accounts read"))
    PROFESSIONAL_VERIFIED = ("professional.verified", _("professional verified"))
    ORGANISATION_CREATED = ("organisation.created", _("organisation entered"))
    ORGANISATION_ENDED = ("organisation.ended", _("organisation ended"))
    MEMBERSHIP_CREATED = ("membership.created", _("membership begun"))
    MEMBERSHIP_ENDED = ("membership.ended", _("membership ended"))
    CALLBACK_ASKED = ("callback.asked", _("call back asked for"))
    CALLBACKS_READ = ("callbacks.read", _("people to call back read"))
    CALLBACK_DONE = ("callback.done", _("person called back"))
    MESSAGE_REPORTED = ("message.reported", _("suspicious message reported"))
    FILE_RECEIVED = ("file.received", _("file received and sealed"))
    FILE_KEPT = ("file.kept", _("file kept with its document"))
    FILE_READ = ("file.read", _("file opened"))
    FILE_REMOVED = ("file.removed", _("file removed"))
    FILES_SWEPT = ("files.swept", _("leftovers of files removed"))
    UNSEALINGS_READ = ("unsealings.read", _("requests for names read"))
    UNSEALING_READ = ("unsealing.read", _("name behind a pseudonym read"))
    EMERGENCY_REASON_READ = ("emergency.reason_read", _("reason of an emergency read by a reviewing doctor"))
    REVIEWER_NAMED = ("reviewer.named", _("reviewing doctor named"))
    REVIEWER_ENDED = ("reviewer.ended", _("reviewing doctor no longer named"))
    FIGURES_READ = ("figures.read", _("figures of the house read"))
    LIKENESS_KEPT = ("likeness.kept", _("digests kept to compare staff with patients"))
    BLANKS_TOLD = ("blanks.told", _("let a professional know where their view is incomplete"))
    RECORD_REMOVED = ("record.removed", _("document taken out by the patient who brought it"))
    PAPER_ASKED = ("paper.asked", _("document asked of the patient"))
    PAPER_BROUGHT = ("paper.brought", _("document brought that was asked for"))
    PAPER_DECLINED = ("paper.declined", _("document not brought that was asked for"))
    PAPERS_READ = ("papers.read", _("documents asked for looked at"))
    LOG_VERIFICATION_ASKED = ("log.verification_asked", _("verification of the log asked for"))
    SUMMARY_READ = ("summary.read", _("medical summary read"))
    CARD_MADE = ("card.made", _("emergency card made"))
    CORRECTION_ASKED = ("correction.asked", _("correction of a document asked for"))
    CORRECTION_DONE = ("correction.done", _("correction of a document made"))
    CORRECTION_REFUSED = ("correction.refused", _("correction of a document refused, with a reason"))
    CORRECTIONS_READ = ("corrections.read", _("requests for corrections read"))
    RECORD_VERSION_READ = ("record.version_read", _("earlier version of a document read"))
    DOSSIER_SEARCHED = ("dossier.searched", _("health record searched, or read by time"))
    LOG_EXPIRED = ("log.expired", _("lines of a month let go of, whose time to be kept was over"))
    MESSAGES_READ = ("messages.read", _("suspicious messages read"))
    MESSAGE_ANSWERED = ("message.answered", _("suspicious message answered"))

    def __init__(self, dotted: str, meaning: str) -> None:
        self.dotted = dotted
        self.meaning = meaning

    @classmethod
    def named(cls, dotted: str) -> Event:
        """The event of that dotted name.

        Raises:
            KeyError: no event has this name.
        """
        return _BY_NAME[dotted]


_BY_NAME = {event.dotted: event for event in Event}

"""Addresses of the patient's pages. They hold opaque identifiers and names of categories, never a name."""

from django.urls import path, register_converter

from portal.patient import (
    accesses,
    choosing,
    directory,
    home,
    looking,
    opposing,
    proofs,
    record,
    representatives,
    sharing,
    statements,
    wishes,
)
from portal.ui.converters import CategoryConverter

register_converter(CategoryConverter, "category")

app_name = "patient"

urlpatterns = [
    path("home/", home.home, name="home"),
    path("record/", record.record, name="record"),
    path("record/item/<uuid:record_id>/", record.item, name="item"),
    path("record/item/<uuid:record_id>/hide/", record.mask, name="mask"),
    path("record/item/<uuid:record_id>/show/", record.unmask, name="unmask"),
    path("record/item/<uuid:record_id>/guardians/", record.to_guardians, name="to_guardians"),
    # Before the categories: none of them has this name.
    path("record/time/", record.time, name="time"),
    path("record/<category:category>/", record.category, name="category"),
    path("sharing/", sharing.sharing, name="sharing"),
    path("sharing/changes/", sharing.preview, name="sharing_preview"),
    path("sharing/confirm/", sharing.confirm, name="sharing_confirm"),
    path("sharing/wishes/", wishes.wishes, name="wishes"),
    path("sharing/wishes/<slug:part>/", wishes.save, name="wishes_save"),
    path("sharing/screens/", wishes.discretion, name="discretion"),
    path("sharing/screens/cover/", wishes.cover, name="cover"),
    path("sharing/choices/", choosing.choices, name="choices"),
    path("sharing/oppose/", opposing.find, name="oppose_find"),
    path("sharing/oppose/<uuid:professional_id>/", opposing.opposing, name="oppose"),
    path("sharing/as/", looking.as_somebody, name="see_as"),
    path("sharing/who/", looking.who, name="who"),
    path("sharing/told/", looking.disclosures, name="disclosures"),
    path("sharing/code/", looking.code, name="code"),
    path("sharing/code/new/", looking.new_code, name="new_code"),
    path("sharing/consents/", looking.export, name="export_consents"),
    path("sharing/teams/<uuid:organisation_id>/", sharing.open_team, name="team_open"),
    path("sharing/teams/<uuid:organisation_id>/end/", sharing.end_team, name="team_end"),
    path("sharing/representatives/", representatives.representatives, name="representatives"),
    path("sharing/representatives/<uuid:representation_id>/end/", representatives.end, name="representative_end"),
    path("for/", representatives.people, name="people"),
    path("for/nobody/", representatives.stop_acting, name="stop_acting"),
    path("for/<uuid:dossier_id>/act/", representatives.act_for, name="act_for"),
    path("for/<uuid:dossier_id>/", representatives.overview, name="their_record"),
    path("for/<uuid:dossier_id>/time/", representatives.time, name="their_time"),
    path("for/<uuid:dossier_id>/<category:category>/", representatives.drawer, name="their_drawer"),
    path("for/items/<uuid:record_id>/", representatives.item, name="their_item"),
    path("sharing/add/", directory.find, name="sharing_find"),
    path("sharing/add/<uuid:professional_id>/", directory.welcome, name="sharing_add"),
    path("sharing/requests/<uuid:request_id>/", sharing.answer, name="request_answer"),
    path("sharing/choices/<uuid:choice_id>/withdraw/", sharing.withdraw_choice, name="choice_withdraw"),
    path("sharing/oppositions/<uuid:opposition_id>/withdraw/", sharing.withdraw_opposition, name="opposition_withdraw"),
    path("sharing/<uuid:professional_id>/", sharing.professional, name="sharing_professional"),
    path("sharing/<uuid:professional_id>/blanks/", sharing.blanks, name="blanks"),
    path("sharing/<uuid:professional_id>/end/", sharing.end, name="sharing_end"),
    path("sharing/<uuid:professional_id>/opposition/", sharing.opposition, name="opposition"),
    path("accesses/", accesses.accesses, name="accesses"),
    path("accesses/statement/", statements.statement, name="statement"),
    path("accesses/proof/", proofs.proof, name="proof"),
    path("accesses/proof/file/", proofs.download, name="proof_download"),
]

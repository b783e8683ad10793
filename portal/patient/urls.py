"""Addresses of the patient's pages. They hold opaque identifiers and names of categories, never a name."""

from django.urls import path, register_converter

from portal.patient import accesses, directory, home, proofs, record, sharing
from portal.ui.converters import CategoryConverter

register_converter(CategoryConverter, "category")

app_name = "patient"

urlpatterns = [
    path("home/", home.home, name="home"),
    path("record/", record.record, name="record"),
    path("record/item/<uuid:record_id>/", record.item, name="item"),
    path("record/item/<uuid:record_id>/hide/", record.mask, name="mask"),
    path("record/item/<uuid:record_id>/show/", record.unmask, name="unmask"),
    path("record/<category:category>/", record.category, name="category"),
    path("sharing/", sharing.sharing, name="sharing"),
    path("sharing/changes/", sharing.preview, name="sharing_preview"),
    path("sharing/confirm/", sharing.confirm, name="sharing_confirm"),
    path("sharing/add/", directory.find, name="sharing_find"),
    path("sharing/add/<uuid:professional_id>/", directory.welcome, name="sharing_add"),
    path("sharing/requests/<uuid:request_id>/", sharing.answer, name="request_answer"),
    path("sharing/choices/<uuid:choice_id>/withdraw/", sharing.withdraw_choice, name="choice_withdraw"),
    path("sharing/oppositions/<uuid:opposition_id>/withdraw/", sharing.withdraw_opposition, name="opposition_withdraw"),
    path("sharing/<uuid:professional_id>/", sharing.professional, name="sharing_professional"),
    path("sharing/<uuid:professional_id>/end/", sharing.end, name="sharing_end"),
    path("sharing/<uuid:professional_id>/opposition/", sharing.opposition, name="opposition"),
    path("accesses/", accesses.accesses, name="accesses"),
    path("accesses/proof/", proofs.proof, name="proof"),
    path("accesses/proof/file/", proofs.download, name="proof_download"),
]

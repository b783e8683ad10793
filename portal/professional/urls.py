"""Addresses of the professionals' pages, under ``/pro/``. They hold opaque identifiers, never a name."""

from django.urls import path, register_converter

from portal.professional import acts, consents, delegations, emergencies, views
from portal.ui.converters import CategoryConverter

register_converter(CategoryConverter, "drawer")

app_name = "professional"

_PATIENT = "patients/<uuid:dossier_id>/"

urlpatterns = [
    path("", views.patients, name="patients"),
    path("accesses/", views.accesses, name="accesses"),
    path("code/", consents.code, name="code"),
    path("emergency/", emergencies.find, name="emergency_find"),
    path("items/<uuid:record_id>/hold/", consents.hold_back, name="hold"),
    path("items/<uuid:record_id>/release/", consents.let_appear, name="release"),
    path("items/<uuid:record_id>/secret/", consents.secret, name="secret"),
    path("items/<uuid:record_id>/", views.item, name="item"),
    path("delegations/", delegations.delegations, name="delegations"),
    path("delegations/new/<uuid:professional_id>/", delegations.entrust, name="entrust"),
    path("delegations/<uuid:delegation_id>/end/", delegations.end, name="delegation_end"),
    path("delegations/<uuid:delegation_id>/act/", delegations.act, name="act"),
    path("delegations/stop/", delegations.stop_acting, name="stop_acting"),
    path(_PATIENT, views.patient, name="patient"),
    # Before the drawers: no category has one of these names.
    path(_PATIENT + "request/", acts.ask, name="request"),
    path(_PATIENT + "tell/", consents.tell, name="tell"),
    path(_PATIENT + "told/", consents.deferrals, name="deferrals"),
    path(_PATIENT + "told/<uuid:disclosure_id>/", consents.agree, name="agree"),
    path(_PATIENT + "deposit/", acts.deposit_note, name="deposit"),
    path(_PATIENT + "emergency/", emergencies.begin, name="emergency"),
    path(_PATIENT + "emergency/end/", emergencies.end_now, name="emergency_end"),
    path(_PATIENT + "time/", views.time, name="time"),
    path(_PATIENT + "<drawer:category>/", views.drawer, name="drawer"),
]

"""Addresses of invitations and of what administrators do with accounts."""

from __future__ import annotations

from django.urls import path

from portal.welcoming import people, recover, staff, views

app_name = "welcoming"

_PEOPLE = "administration/people/"

urlpatterns = [
    path("welcome/", views.paper, name="paper"),
    path("welcome/second/", views.accept, name="accept"),
    path("welcome/again/", views.again, name="again"),
    path("recover/", recover.ask, name="recover"),
    path("recover/stop/", recover.stop, name="recover_stop"),
    path("recover/finish/", recover.finish, name="recover_finish"),
    path("pro/invite/", views.invite, name="invite"),
    path(_PEOPLE, people.people, name="people"),
    path(_PEOPLE + "new/", people.enter, name="enter"),
    path(_PEOPLE + "organisations/", people.organisations, name="organisations"),
    path(_PEOPLE + "staff/", staff.staff, name="staff"),
    path(_PEOPLE + "staff/<uuid:nomination_id>/agree/", staff.agree, name="staff_agree"),
    path(_PEOPLE + "staff/<slug:handle>/<slug:act>/", staff.act_on_staff, name="act_on_staff"),
    path(_PEOPLE + "find/", people.find, name="find"),
    path(_PEOPLE + "patient/<slug:act>/", people.act_on_patient, name="act_on_patient"),
    path(_PEOPLE + "<uuid:professional_id>/", people.person, name="person"),
    path(_PEOPLE + "<uuid:professional_id>/<slug:act>/", people.act, name="act"),
]

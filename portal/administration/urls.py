"""Addresses of the administrators' pages, under ``/administration/``."""

from django.urls import path

from portal.administration import alerts, figures, keys, names, questions, reviews, undelivered, views

app_name = "administration"

urlpatterns = [
    path("", views.log, name="log"),
    path("take/csv/", views.take, {"kind": "csv"}, name="take_csv"),
    path("take/fhir/", views.take, {"kind": "fhir"}, name="take_fhir"),
    path("integrity/", views.integrity, name="integrity"),
    path("integrity/verify/", views.verify_now, name="verify"),
    path("keys/", keys.keys, name="keys"),
    path("emergencies/", reviews.reviews, name="reviews"),
    path("emergencies/<uuid:emergency_id>/", reviews.conclude, name="review"),
    path("alerts/", alerts.alerts, name="alerts"),
    path("alerts/<slug:key>/", alerts.review, name="alert_review"),
    path("questions/", questions.questions, name="questions"),
    path("questions/<uuid:case_id>/", questions.decide, name="question_decide"),
    path("figures/", figures.figures, name="figures"),
    path("names/", names.names, name="names"),
    path("names/ask/", names.ask, name="name_ask"),
    path("names/<uuid:request_id>/agree/", names.agree, name="name_agree"),
    path("names/<uuid:request_id>/", names.name, name="name"),
    path("letters/", undelivered.undelivered, name="undelivered"),
]

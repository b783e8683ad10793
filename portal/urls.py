"""Every address of the house."""

from __future__ import annotations

from django.conf import settings
from django.urls import include, path

from portal.notifications.outbox import outbox
from portal.ui import gallery
from portal.ui import views as ui

urlpatterns = [
    path("", ui.front_step, name="home"),
    path("", include("portal.accounts.urls")),
    path("", include("portal.patient.urls")),
    path("record/files/", include("portal.patient.file_urls")),
    path("pro/files/", include("portal.professional.file_urls")),
    path("record/health/", include("portal.patient.health_urls")),
    path("pro/health/", include("portal.professional.health_urls")),
    path("record/corrections/", include("portal.patient.correction_urls")),
    path("pro/corrections/", include("portal.professional.correction_urls")),
    path("letters/", include("portal.notifications.urls")),
    path("pro/", include("portal.professional.urls")),
    path("log/", include("portal.transparency.urls")),
    path("record/keeping/", include("portal.patient.keeping_urls")),
    path("accesses/questions/", include("portal.patient.question_urls")),
    path("pro/questions/", include("portal.professional.question_urls")),
    path("pro/reviews/", include("portal.professional.review_urls")),
    path("administration/", include("portal.administration.urls")),
    path("", include("portal.entrance.urls")),
    path("", include("portal.welcoming.urls")),
    path("", include("portal.watching.urls")),
]

if not settings.IS_PRODUCTION:
    urlpatterns.append(path("components/", gallery.gallery, name="components"))
    urlpatterns.append(path("outbox/", outbox, name="outbox"))

handler400 = "portal.refusals.bad_request"
handler403 = "portal.refusals.forbidden"
handler404 = "portal.refusals.not_found"
handler500 = "portal.refusals.server_error"

"""Carnet's own settings with what Django's tutorial takes: sessions, authentication, django-otp, its templates."""

import os

from psycopg.conninfo import conninfo_to_dict

from portal.env import django_database
from portal.settings import *  # noqa: F403 - a variant of all of them

DATABASES = {
    "default": django_database(
        {key: str(value) for key, value in conninfo_to_dict(os.environ["BENCH_DATABASE"]).items()},
        pool={"min_size": 1, "max_size": 4, "timeout": 10},
    )
}
MIDDLEWARE = [
    "django.middleware.security.SecurityMiddleware",
    "django.contrib.sessions.middleware.SessionMiddleware",
    "django.middleware.common.CommonMiddleware",
    "django.middleware.csrf.CsrfViewMiddleware",
    "django.contrib.auth.middleware.AuthenticationMiddleware",
    "django_otp.middleware.OTPMiddleware",
]
ROOT_URLCONF = "benchmarks.orm_page"
TEMPLATES = [
    {
        "BACKEND": "django.template.backends.django.DjangoTemplates",
        "OPTIONS": {
            "loaders": [
                (
                    "django.template.loaders.locmem.Loader",
                    {
                        "list.html": "<!doctype html><title>Records</title><table>{% for header in headers %}<tr>"
                        "<td>{{ header.title }}<td>{{ header.date|date:'j F Y' }}<td>{{ header.value }}"
                        "<td>{{ header.unit }}<td>{{ header.low }}<td>{{ header.high }}</tr>"
                        "{% endfor %}</table>{{ frame|safe }}"
                    },
                )
            ]
        },
    }
]

"""Settings: one file, typed, the same for every profile.

``CARNET_PROFILE`` is ``demo`` (`make run` sets every variable), ``test`` (``tests/settings.py``)
or ``production``. ``docs/configuration.md`` lists the variables. Nothing secret has a default.
"""

from __future__ import annotations

import importlib.util
import os
from pathlib import Path
from typing import Any

from django.utils.translation import gettext_lazy as _

from portal.documents import read_document_host, read_documents
from portal.env import PRIVATE_NETWORKS, Environment, django_database
from portal.keyrings import read_keyring
from portal.outgoing import read_outgoing
from portal.production import refuse_weak_production
from portal.scanner import read_scanner

BASE_DIR = Path(__file__).resolve().parent.parent
_env = Environment(os.environ)

PROFILE = _env.choice("CARNET_PROFILE", ("demo", "test", "production"))
IS_PRODUCTION = PROFILE == "production"
DEBUG = False

# --- Who we are -------------------------------------------------------------------------------
SITE_URL = _env.site("SITE_URL", None if IS_PRODUCTION else "http://localhost:8000")
_HTTPS = SITE_URL.startswith("https://")
_SITE_HOST = SITE_URL.split("://", 1)[1].rsplit(":", 1)[0]
ALLOWED_HOSTS = _env.names("ALLOWED_HOSTS", _SITE_HOST, expected="host names separated by commas")
SECRET_KEY = _env.secret("SECRET_KEY", at_least=50, expected="50 random characters or more")

# --- Where things are -------------------------------------------------------------------------
_app_database = _env.database("DATABASE_URL")
_POOL = {"min_size": 1, "max_size": _env.integer("DATABASE_POOL", 4, at_least=1, at_most=100), "timeout": 10}
DATABASES: dict[str, dict[str, Any]] = {
    # The application role: no DDL, no TEMP, no change of the log. Tests open one connection at a
    # time, on a database that changes with each of them: a pool would outlive it.
    "default": django_database(_app_database, pool=None if PROFILE == "test" else _POOL),
}
_databases = {"DATABASE_URL": _app_database}
if _env.has("DATABASE_OWNER_URL"):
    # For `manage.py migrate --database owner` alone: the web and the worker do without it.
    _databases["DATABASE_OWNER_URL"] = _env.database("DATABASE_OWNER_URL")
    DATABASES["owner"] = django_database(_databases["DATABASE_OWNER_URL"])
if _env.has("DATABASE_SEQUENCER_URL"):
    # For `manage.py run_sequencer` and `expire_log` alone: who holds it can number entries.
    _databases["DATABASE_SEQUENCER_URL"] = _env.database("DATABASE_SEQUENCER_URL")
    DATABASES["sequencer"] = django_database(_databases["DATABASE_SEQUENCER_URL"])
REDIS_URL = _env.redis("REDIS_URL")
DATA_FOLDER = _env.path("DATA_FOLDER", BASE_DIR / ".carnet", expected="the folder of files that Carnet keeps")

# --- Keys -------------------------------------------------------------------------------------
_keyring = read_keyring(
    _env,
    default=None if IS_PRODUCTION else "local",
    private_network=_env.flag("PRIVATE_NETWORK", default=False),
)
KEYRING = _keyring.kind
KEYRING_FILE = _keyring.file
KEYRING_OPTIONS = _keyring.options
AUDIT_ORIGIN = _env.text("AUDIT_ORIGIN", expected="the name of the log, such as carnet.example.fr/log")
# Only the sequencer signs; with the public keys the web and the worker do without the signing key.
AUDIT_PUBLIC_KEYS_FILE = (
    _env.path("AUDIT_PUBLIC_KEYS_FILE", expected="the file of the log's public keys")
    if _env.has("AUDIT_PUBLIC_KEYS_FILE")
    else None
)
AUDIT_SIGNING_KEY_FILE = (
    _env.key_file("AUDIT_SIGNING_KEY_FILE", expected="the file of the log's Ed25519 seed")
    if AUDIT_PUBLIC_KEYS_FILE is None or _env.has("AUDIT_SIGNING_KEY_FILE")
    else None
)
AUDIT_WITNESSES = [witness.strip() for witness in os.environ.get("AUDIT_WITNESSES", "").split(",") if witness.strip()]
AUDIT_PUBLISH_ENTRIES = _env.flag("AUDIT_PUBLISH_ENTRIES", default=False)

# --- Documents --------------------------------------------------------------------------------
_documents = read_documents(
    _env, folder=DATA_FOLDER / "documents", private_network=_env.flag("PRIVATE_NETWORK", default=False)
)
DOCUMENT_MAX_BYTES = _documents.most
DOCUMENT_QUOTA_BYTES = _documents.quota
# Documents of strangers, from a host without session or page; on the port and with the scheme of the site.
DOCUMENT_HOST = read_document_host(_env, site=SITE_URL, hosts=ALLOWED_HOSTS)
DOCUMENT_SITE = SITE_URL.replace(f"//{_SITE_HOST}", f"//{DOCUMENT_HOST}", 1) if DOCUMENT_HOST else ""
ALLOWED_HOSTS += [DOCUMENT_HOST] if DOCUMENT_HOST else []
# Where clamd listens: the path of its socket, or host:port. Empty: files are not scanned for viruses.
CLAMD = read_scanner(_env, private_network=_env.flag("PRIVATE_NETWORK", default=False))
CLAMD_SECONDS = 10

OPERATOR = os.environ.get("OPERATOR", "").strip()

# --- Rules ------------------------------------------------------------------------------------
EMERGENCY_MINUTES = _env.integer("EMERGENCY_MINUTES", 60, at_least=5, at_most=720)
EMERGENCY_REVIEW_DAYS = _env.integer("EMERGENCY_REVIEW_DAYS", 7, at_least=1, at_most=30)
CARE_CODE_MINUTES = _env.integer("CARE_CODE_MINUTES", 5, at_least=1, at_most=15)
HOLD_DAYS = _env.integer("HOLD_DAYS", 30, at_least=1, at_most=30)

refuse_weak_production(
    _env,
    profile=PROFILE,
    site=SITE_URL,
    secret_key=SECRET_KEY,
    databases=_databases,
    redis=REDIS_URL,
    keyring=KEYRING,
    key_files=({"KEYRING_FILE": KEYRING_FILE} if KEYRING_FILE else {})
    | ({"AUDIT_SIGNING_KEY_FILE": AUDIT_SIGNING_KEY_FILE} if AUDIT_SIGNING_KEY_FILE else {}),
)

# --- Letters ----------------------------------------------------------------------------------
_outgoing = read_outgoing(_env, profile=PROFILE)
LETTERS = _outgoing.letters
LETTERS_OVH = _outgoing.ovh
EMAIL_BACKEND = "django.core.mail.backends.smtp.EmailBackend"
# Django's own settings of the relay: EMAIL_HOST, EMAIL_PORT… and DEFAULT_FROM_EMAIL.
globals().update(_outgoing.django)

# --- Being watched ----------------------------------------------------------------------------
METRICS_TOKEN = (
    _env.secret("METRICS_TOKEN", at_least=20, expected="20 random characters or more")
    if _env.has("METRICS_TOKEN")
    else ""
)

# --- Django -----------------------------------------------------------------------------------
INSTALLED_APPS = [
    "django.contrib.contenttypes",
    "django.contrib.auth",
    "django.contrib.sessions",
    "django.contrib.messages",
    "django.contrib.staticfiles",
    "django_otp",
    "django_htmx",
    "audit",
    "consent",
    "records",
    "portal.accounts",
    "portal.entrance",
    "portal.welcoming",
    "portal.backups",
    "portal.wall",
    # After the accounts, whose model it asks for while it is imported.
    "django_otp_webauthn",
]
for _app in ("portal.notifications", "portal.oversight", *([] if IS_PRODUCTION else ["portal.demo"])):
    if importlib.util.find_spec(_app) is not None:
        INSTALLED_APPS.append(_app)

# Headers first: error pages and static files need them too, and refusals that come early are told to stay with https.
# A refusal is caught last, nearest to the door.
MIDDLEWARE = [
    "portal.middleware.ProxyMiddleware",
    "portal.middleware.HeadersMiddleware",
    "django.middleware.security.SecurityMiddleware",
    # Before anything that reads a cookie: the host of documents knows none.
    "portal.handing_over.DocumentHostMiddleware",
    "portal.middleware.CrossSiteMiddleware",
    "portal.middleware.LimitsMiddleware",
    "whitenoise.middleware.WhiteNoiseMiddleware",
    "django.contrib.sessions.middleware.SessionMiddleware",
    "django.middleware.locale.LocaleMiddleware",
    "django.middleware.common.CommonMiddleware",
    "django.middleware.csrf.CsrfViewMiddleware",
    "django.contrib.auth.middleware.AuthenticationMiddleware",
    "django_otp.middleware.OTPMiddleware",
    "portal.accounts.sessions.SessionLimitsMiddleware",
    "portal.accounts.middleware.LanguageMiddleware",
    "portal.acting.ActorMiddleware",
    "portal.accounts.devices.DeviceMiddleware",
    "portal.accounts.middleware.ClosedByDefaultMiddleware",
    "django.contrib.messages.middleware.MessageMiddleware",
    "portal.switching.SwitchingMiddleware",
    "django_htmx.middleware.HtmxMiddleware",
    "portal.middleware.RefusalsMiddleware",
]

ROOT_URLCONF = "portal.urls"
WSGI_APPLICATION = "portal.wsgi.application"
TEMPLATES = [
    {
        "BACKEND": "django.template.backends.jinja2.Jinja2",
        "DIRS": [BASE_DIR / "templates"],
        "APP_DIRS": False,
        "OPTIONS": {
            "environment": "portal.ui.environment.environment",
            "context_processors": ["portal.switching.stamped"],
        },
    },
]

AUTH_USER_MODEL = "accounts.Account"
AUTHENTICATION_BACKENDS = ["portal.accounts.backends.LoginBackend"]
LOGIN_URL = "accounts:sign_in"
LOGIN_REDIRECT_URL = "home"
DEFAULT_AUTO_FIELD = "django.db.models.BigAutoField"
PASSWORD_HASHERS = [
    "portal.accounts.hashing.CarnetArgon2Hasher",
    "django.contrib.auth.hashers.PBKDF2PasswordHasher",
]
AUTH_PASSWORD_VALIDATORS = [
    {"NAME": "django.contrib.auth.password_validation.MinimumLengthValidator", "OPTIONS": {"min_length": 12}},
    {"NAME": "django.contrib.auth.password_validation.CommonPasswordValidator"},
    {"NAME": "portal.accounts.passwords.ContextWordsValidator"},
    {"NAME": "portal.accounts.passwords.StrengthValidator"},
    {"NAME": "portal.accounts.passwords.LeakValidator"},
]
LEAKED_PASSWORDS_FILE = (
    _env.path("LEAKED_PASSWORDS_FILE", expected="a file made by build_leaked_set")
    if _env.has("LEAKED_PASSWORDS_FILE")
    else None
)
PASSWORD_RANGE_URL = _env.https("PASSWORD_RANGE_URL", "")

# Passkeys belong to this host alone; ES256, EdDSA and RS256 (COSE) cover the authenticators people have.
OTP_WEBAUTHN_CREDENTIAL_MODEL = "accounts.Passkey"
OTP_WEBAUTHN_HELPER_CLASS = "portal.accounts.relying.RelyingParty"
OTP_WEBAUTHN_RP_ID = _SITE_HOST
OTP_WEBAUTHN_RP_NAME = "Carnet"
OTP_WEBAUTHN_ALLOWED_ORIGINS = [SITE_URL]
OTP_WEBAUTHN_SUPPORTED_COSE_ALGORITHMS = [-7, -8, -257]

# The names __Host- tie a cookie to this host, to https and to the whole site; browsers refuse
# them over http, where only the demo and the tests live.
SESSION_ENGINE = "portal.accounts.sessions"
SESSION_SERIALIZER = "django.contrib.sessions.serializers.JSONSerializer"
SESSION_COOKIE_NAME = "__Host-session" if _HTTPS else "session"
SESSION_COOKIE_SECURE = _HTTPS
SESSION_COOKIE_HTTPONLY = True
SESSION_COOKIE_SAMESITE = "Lax"
# Unused for so long, a session ends; and after so many hours whatever happens (ASVS 5.0, 7.3).
IDLE_MINUTES_PATIENT = _env.integer("IDLE_MINUTES_PATIENT", 30, at_least=5, at_most=120)
IDLE_MINUTES_STAFF = _env.integer("IDLE_MINUTES_STAFF", 15, at_least=5, at_most=60)
SESSION_COOKIE_AGE = _env.integer("SESSION_HOURS", 12, at_least=1, at_most=24) * 60 * 60
SESSION_EXPIRE_AT_BROWSER_CLOSE = True
# The sentence after an act names professionals and categories: it travels with the browser and never lies in a session.
MESSAGE_STORAGE = "portal.ui.storage.HostCookieStorage"
MESSAGES_COOKIE_NAME = "__Host-messages" if _HTTPS else "messages"
CSRF_COOKIE_NAME = "__Host-csrf" if _HTTPS else "csrf"
CSRF_COOKIE_SECURE = _HTTPS
CSRF_COOKIE_HTTPONLY = True
CSRF_COOKIE_SAMESITE = "Lax"
CSRF_FAILURE_VIEW = "portal.refusals.csrf_failure"
CSRF_TRUSTED_ORIGINS = [SITE_URL]
LANGUAGE_COOKIE_NAME = "__Host-language" if _HTTPS else "language"
LANGUAGE_COOKIE_SECURE = _HTTPS
LANGUAGE_COOKIE_HTTPONLY = True
LANGUAGE_COOKIE_SAMESITE = "Lax"
# Of our own: by it a device is known again (portal.accounts.devices).
DEVICE_COOKIE_NAME = "__Host-device" if _HTTPS else "device"

SECURE_SSL_REDIRECT = _HTTPS
# Probes of an orchestrator speak http from inside and learn nothing.
SECURE_REDIRECT_EXEMPT = [r"^health/(live|ready)/$"]
SECURE_HSTS_SECONDS = 31_536_000 if _HTTPS else 0
SECURE_HSTS_INCLUDE_SUBDOMAINS = _HTTPS
SECURE_CONTENT_TYPE_NOSNIFF = True
SECURE_REFERRER_POLICY = "same-origin"
SECURE_CROSS_ORIGIN_OPENER_POLICY = "same-origin"
# Behind a proxy that sets these headers itself; otherwise anyone could claim https, or another's address.
BEHIND_PROXY = _env.flag("BEHIND_PROXY", default=False)
# Who may speak for our proxy; of everybody else these headers are forgotten (portal.middleware).
TRUSTED_PROXIES = _env.networks("TRUSTED_PROXIES", PRIVATE_NETWORKS if BEHIND_PROXY else ())
SECURE_PROXY_SSL_HEADER = ("HTTP_X_FORWARDED_PROTO", "https") if BEHIND_PROXY else None
# The header is among those of portal.middleware; the browsers' preload list is the operator's choice.
SILENCED_SYSTEM_CHECKS = ["security.W002", "security.W021"]
DATA_UPLOAD_MAX_MEMORY_SIZE = 2 * 1024 * 1024
DATA_UPLOAD_MAX_NUMBER_FIELDS = 500
# No handler of Django's that spools to a file: what comes in large is sealed while it comes, or not taken at all.
FILE_UPLOAD_HANDLERS = [
    "portal.uploading.SealingUploadHandler",
    "django.core.files.uploadhandler.MemoryFileUploadHandler",
]

LANGUAGE_CODE = "fr"
LANGUAGES = [("fr", _("French")), ("en", _("English"))]
LOCALE_PATHS = [BASE_DIR / "portal" / "locale"]
USE_I18N = True
USE_TZ = True
TIME_ZONE = "Europe/Paris"

STATIC_URL = "/static/"
STATIC_ROOT = _env.path("STATIC_ROOT", DATA_FOLDER / "static", expected="the folder of collected static files")
STATICFILES_DIRS = [BASE_DIR / "portal" / "static"]
STORAGES: dict[str, dict[str, Any]] = {
    "default": {
        "BACKEND": "django.core.files.storage.FileSystemStorage",
        "OPTIONS": {"location": DATA_FOLDER / "files"},
    },
    # Sealed bytes only, of any size.
    "documents": _documents.storage,
    # The manifest needs collected files; tests serve them from where they lie.
    "staticfiles": {
        "BACKEND": "django.contrib.staticfiles.storage.StaticFilesStorage"
        if PROFILE == "test"
        else "whitenoise.storage.CompressedManifestStaticFilesStorage"
    },
}
WHITENOISE_USE_FINDERS = PROFILE == "test"
# Style sheets and scripts are for our own pages.
WHITENOISE_ALLOW_ALL_ORIGINS = False

LOGGING: dict[str, Any] = {
    "version": 1,
    "disable_existing_loggers": False,
    "formatters": {"fields": {"()": "portal.logs.FieldsFormatter"}},
    "filters": {"tracing": {"()": "portal.tracing.TracingFilter"}},
    "handlers": {"stderr": {"class": "logging.StreamHandler", "formatter": "fields", "filters": ["tracing"]}},
    "root": {"handlers": ["stderr"], "level": "INFO"},
    # Django's own handlers would print messages with their values: everything goes to the root.
    "loggers": {
        "django": {"handlers": [], "level": "INFO", "propagate": True},
        "django.server": {"handlers": [], "level": "WARNING", "propagate": True},
    },
}
LOGGING_CONFIG = "logging.config.dictConfig"

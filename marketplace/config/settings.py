"""Settings: one file, every choice an environment variable, loud when one is missing in production.

The default is the embedded profile: SQLite in ``var/``, tasks drained in process, files in a local folder. The city
profile is the same code with ``DATABASE_URL``, ``BROKER_URL`` and ``SECRET_KEY`` set; the table is in ``.env.example``.
"""

from __future__ import annotations

import hashlib
import os
from pathlib import Path

import environ
from csp.constants import NONE, SELF
from django.core.exceptions import ImproperlyConfigured

BASE_DIR = Path(__file__).resolve().parents[2]
env = environ.Env()
if (BASE_DIR / ".env").exists():
    environ.Env.read_env(BASE_DIR / ".env")

VAR_DIR = Path(env.str("VAR_DIR", default=str(BASE_DIR / "var")))
VAR_DIR.mkdir(parents=True, exist_ok=True)

PRODUCTION: bool = env.bool("PRODUCTION", default=False)
DEBUG: bool = env.bool("DEBUG", default=False)


def _secret(name: str) -> str:
    """Return a secret from the environment, or one kept in ``var/`` outside production."""
    value: str = env.str(name, default="")
    if value:
        return value
    if PRODUCTION:
        raise ImproperlyConfigured(f"{name} 未设置：生产环境必须通过环境变量提供。")
    path = VAR_DIR / f"{name.lower()}.txt"
    try:
        descriptor = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    except FileExistsError:
        return path.read_text(encoding="ascii")
    with os.fdopen(descriptor, "w", encoding="ascii") as stream:
        stream.write(os.urandom(32).hex())
    return path.read_text(encoding="ascii")


SECRET_KEY = _secret("SECRET_KEY")
FIELD_KEY = hashlib.sha256(_secret("FIELD_KEY").encode()).digest()
"""Key of encrypted personal fields and of keyed digests; 32 bytes."""

ALLOWED_HOSTS: list[str] = env.list("ALLOWED_HOSTS", default=["127.0.0.1", "localhost", "[::1]"])
CSRF_TRUSTED_ORIGINS: list[str] = env.list("CSRF_TRUSTED_ORIGINS", default=[])
PROXY_COUNT: int = env.int("PROXY_COUNT", default=0)
EMAIL_URL = env.str("EMAIL_URL", default="")
"""Where e-mail is handed over, e.g. ``smtp+tls://user:password@host:587``; empty for no reminders by e-mail."""
EMAIL_FROM = env.str("EMAIL_FROM", default="noreply@localhost")
SMS_GATEWAY_URL = env.str("SMS_GATEWAY_URL", default="")
"""Where text messages are handed over (``marketplace.outreach``); empty for none."""
SMS_GATEWAY_KEY = env.str("SMS_GATEWAY_KEY", default="")
if SMS_GATEWAY_URL and not (
    SMS_GATEWAY_URL.startswith(("http://", "https://")) and SMS_GATEWAY_KEY
):
    raise ImproperlyConfigured("SMS_GATEWAY_URL 须是 http 或 https 地址，并设置 SMS_GATEWAY_KEY。")
PUBLIC_BASE_URL: str = env.str("PUBLIC_BASE_URL", default="http://127.0.0.1:8000")

INSTALLED_APPS = [
    "django.contrib.auth",
    "django.contrib.contenttypes",
    "django.contrib.sessions",
    "django.contrib.messages",
    "django.contrib.staticfiles",
    "django.contrib.humanize",
    "rest_framework",
    "guardian",
    "axes",
    "csp",
    "django_htmx",
    "drf_spectacular",
    "drf_spectacular_sidecar",
    "marketplace",
    "borrowers",
    "lenders",
    "matching",
    "exports",
    "marketplace.config",
]

MIDDLEWARE = [
    "marketplace.web.middleware.RequestIdMiddleware",
    "django.middleware.security.SecurityMiddleware",
    "whitenoise.middleware.WhiteNoiseMiddleware",
    "csp.middleware.CSPMiddleware",
    "django.contrib.sessions.middleware.SessionMiddleware",
    "marketplace.web.middleware.LanguageMiddleware",
    "django.middleware.common.CommonMiddleware",
    "django.middleware.csrf.CsrfViewMiddleware",
    "django.contrib.auth.middleware.AuthenticationMiddleware",
    "marketplace.web.middleware.SecondWallMiddleware",
    "django.contrib.messages.middleware.MessageMiddleware",
    "django.middleware.clickjacking.XFrameOptionsMiddleware",
    "django_htmx.middleware.HtmxMiddleware",
    "marketplace.web.middleware.ScriptRedirectMiddleware",
    "marketplace.web.middleware.SessionEndedMiddleware",
    "marketplace.web.idle.IdleMiddleware",
    "marketplace.web.holds.HoldMiddleware",
    "marketplace.web.middleware.ActingSeatMiddleware",
    "marketplace.web.middleware.RefusedMiddleware",
    "marketplace.web.middleware.PrivatePagesMiddleware",
    "marketplace.web.middleware.NotAllowedMiddleware",
    "axes.middleware.AxesMiddleware",
]

ROOT_URLCONF = "marketplace.config.urls"
WSGI_APPLICATION = "marketplace.config.wsgi.application"
ASGI_APPLICATION = "marketplace.config.asgi.application"

TEMPLATES = [
    {
        "BACKEND": "django.template.backends.django.DjangoTemplates",
        "APP_DIRS": True,
        "OPTIONS": {
            "context_processors": [
                "django.template.context_processors.request",
                "django.contrib.auth.context_processors.auth",
                "django.contrib.messages.context_processors.messages",
                "marketplace.web.context.shell",
            ],
            "builtins": [
                "django.templatetags.i18n",
                "marketplace.web.templatetags.market",
                "marketplace.web.templatetags.tables",
                "marketplace.web.templatetags.frame",
            ],
            "libraries": {"market": "marketplace.web.templatetags.market"},
        },
    }
]

DATABASES = {
    "default": env.db("DATABASE_URL", default=f"sqlite:///{VAR_DIR / 'marketplace.sqlite3'}")
}
if DATABASES["default"]["ENGINE"] == "django.db.backends.sqlite3":
    DATABASES["default"].setdefault("OPTIONS", {}).update(
        transaction_mode="IMMEDIATE",
        timeout=30,
        init_command="PRAGMA journal_mode=WAL; PRAGMA synchronous=NORMAL; PRAGMA cache_size=-65536;",
    )
else:
    DATABASES["default"]["CONN_MAX_AGE"] = env.int("CONN_MAX_AGE", default=60)
    DATABASES["default"]["CONN_HEALTH_CHECKS"] = True
    # A case is read with some twenty tables by their keys; weighing every order of eight of them at a time took longer
    # than the page's other statements together (38 ms to plan, 1 ms to run; 9 ms with five).
    # The second wall's conditions make a list look dearer than it is, and worth compiling: that took 94 of the 134 ms
    # in which the loans of one lender among 300,000 were found.
    _OPTIONS = "-c join_collapse_limit=5 -c jit=off"
    DATABASES["default"].setdefault("OPTIONS", {}).setdefault("options", _OPTIONS)
ARCHIVE_DIR = Path(env.str("ARCHIVE_DIR", default=str(VAR_DIR / "archive")))
"""Records in columns, below it one folder per item; and the files that wait to be kept."""
RECORD_SOURCES = env.str("RECORD_SOURCES", default="")
"""TOML file that declares the databases records are pulled from; empty for none."""

DEFAULT_AUTO_FIELD = "django.db.models.BigAutoField"

AUTH_USER_MODEL = "marketplace.User"
AUTHENTICATION_BACKENDS = [
    "axes.backends.AxesStandaloneBackend",
    "marketplace.backends.SeatedBackend",
    "guardian.backends.ObjectPermissionBackend",
]
AUTH_PASSWORD_VALIDATORS = [
    {"NAME": "django.contrib.auth.password_validation.UserAttributeSimilarityValidator"},
    {"NAME": "marketplace.services.password.PasswordLength"},
    {"NAME": "django.contrib.auth.password_validation.CommonPasswordValidator"},
    {"NAME": "django.contrib.auth.password_validation.NumericPasswordValidator"},
]
LOGIN_URL = "marketplace:login"
LOGIN_REDIRECT_URL = "marketplace:landing"
LOGOUT_REDIRECT_URL = "marketplace:home"
ANONYMOUS_USER_NAME = None
GUARDIAN_MONKEY_PATCH_USER = False
AXES_FAILURE_LIMIT = 5
AXES_COOLOFF_TIME = 0.25
AXES_LOCKOUT_PARAMETERS = [["username", "ip_address"]]
AXES_CLIENT_IP_CALLABLE = "marketplace.web.sender.sender_of"
AXES_HTTP_RESPONSE_CODE = 429
AXES_LOCKOUT_TEMPLATE = "marketplace/errors/locked.html"
AXES_VERBOSE = False
AXES_SENSITIVE_PARAMETERS = ["username", "ip_address", "code"]
PASSWORD_MAX_AGE_DAYS = env.int("PASSWORD_MAX_AGE_DAYS", default=90 if PRODUCTION else 0)
"""After how many days lenders', districts' and the city's people choose another password; 0 for never."""
ACCOUNT_IDLE_DAYS = env.int("ACCOUNT_IDLE_DAYS", default=90 if PRODUCTION else 0)
"""After how many days without a log-in accounts of the same people are suspended; 0 for never."""
MFA_REQUIRED = env.bool("MFA_REQUIRED", default=PRODUCTION)
"""Whether lenders', districts' and the city's people must give a one-time code at sign-in."""

SESSION_ENGINE = "marketplace.web.sessions"
SESSION_COOKIE_AGE = 12 * 3600
SESSION_IDLE_STAFF_MINUTES = env.int("SESSION_IDLE_STAFF_MINUTES", default=15)
SESSION_IDLE_ENTERPRISE_MINUTES = env.int("SESSION_IDLE_ENTERPRISE_MINUTES", default=30)
SESSION_COOKIE_HTTPONLY = True
SESSION_COOKIE_SAMESITE = "Lax"
CSRF_COOKIE_SAMESITE = "Lax"
CSRF_FAILURE_VIEW = "marketplace.web.errors.csrf_failure"
X_FRAME_OPTIONS = "DENY"
SECURE_REFERRER_POLICY = "same-origin"
if PRODUCTION:
    SESSION_COOKIE_SECURE = CSRF_COOKIE_SECURE = LANGUAGE_COOKIE_SECURE = True
    SECURE_SSL_REDIRECT = True
    SECURE_HSTS_SECONDS = 31_536_000
    SECURE_HSTS_INCLUDE_SUBDOMAINS = True
    SECURE_HSTS_PRELOAD = True
    SECURE_PROXY_SSL_HEADER = ("HTTP_X_FORWARDED_PROTO", "https")

CONTENT_SECURITY_POLICY = {
    "EXCLUDE_URL_PREFIXES": ("/api/docs/",),
    "DIRECTIVES": {
        "default-src": [SELF],
        "img-src": [SELF, "data:"],
        "object-src": [NONE],
        "base-uri": [NONE],
        "frame-ancestors": [NONE],
        "form-action": [SELF],
    },
}

LANGUAGE_CODE = "zh-hans"
LANGUAGES = [("zh-hans", "中文"), ("en", "English")]
LOCALE_PATHS = [BASE_DIR / "marketplace" / "locale"]
LANGUAGE_COOKIE_NAME = "language"
LANGUAGE_COOKIE_AGE = 365 * 24 * 3600
LANGUAGE_COOKIE_HTTPONLY = True
LANGUAGE_COOKIE_SAMESITE = "Lax"
TIME_ZONE = "Asia/Shanghai"
USE_I18N = True
USE_TZ = True

STATIC_URL = "/static/"
STATIC_ROOT = VAR_DIR / "static"
MEDIA_ROOT = VAR_DIR / "files"
WHITENOISE_USE_FINDERS = True
if PRODUCTION:
    STORAGES = {
        "default": {"BACKEND": "django.core.files.storage.FileSystemStorage"},
        "staticfiles": {"BACKEND": "whitenoise.storage.CompressedManifestStaticFilesStorage"},
    }
DATA_UPLOAD_MAX_MEMORY_SIZE = 5 * 1024 * 1024
FILE_UPLOAD_MAX_MEMORY_SIZE = 5 * 1024 * 1024

REST_FRAMEWORK = {
    "DEFAULT_AUTHENTICATION_CLASSES": ["rest_framework.authentication.SessionAuthentication"],
    "DEFAULT_PERMISSION_CLASSES": ["rest_framework.permissions.IsAuthenticated"],
    "DEFAULT_RENDERER_CLASSES": ["rest_framework.renderers.JSONRenderer"],
    "DEFAULT_PARSER_CLASSES": [
        "marketplace.api.parsers.ObjectParser",
        "rest_framework.parsers.MultiPartParser",
    ],
    "DEFAULT_PAGINATION_CLASS": "marketplace.api.pagination.KeysetPagination",
    "PAGE_SIZE": 50,
    "DEFAULT_SCHEMA_CLASS": "drf_spectacular.openapi.AutoSchema",
    "EXCEPTION_HANDLER": "marketplace.api.errors.problem_handler",
    "COERCE_DECIMAL_TO_STRING": True,
    "NUM_PROXIES": PROXY_COUNT,
    "DEFAULT_THROTTLE_CLASSES": ["rest_framework.throttling.UserRateThrottle"],
    "DEFAULT_THROTTLE_RATES": {"user": env.str("API_RATE", default="1200/min")},
}
SPECTACULAR_SETTINGS = {
    "TITLE": "信易贷撮合平台 API",
    "DESCRIPTION": "与页面相同的动作：融资需求、授权、匹配、申请、审查、审批、结果反馈、白名单、统计。",
    "VERSION": "1.0.0",
    "SERVE_INCLUDE_SCHEMA": False,
    "SWAGGER_UI_DIST": "SIDECAR",
    "SWAGGER_UI_FAVICON_HREF": "SIDECAR",
    "REDOC_DIST": "SIDECAR",
    "COMPONENT_SPLIT_REQUEST": True,
    "ENUM_NAME_OVERRIDES": {},
}

BROKER_URL: str = env.str("BROKER_URL", default="")
"""Empty: the embedded profile, messages of the outbox are drained in process after commit."""
OUTBOX_THREADS: bool = env.bool("OUTBOX_THREADS", default=True)
"""Embedded profile only: a long task runs in a thread, so that the request that asked for it is answered."""
CELERY_BROKER_URL = BROKER_URL or "memory://"
CELERY_TASK_IGNORE_RESULT = True
CELERY_TASK_ACKS_LATE = True
CELERY_TASK_REJECT_ON_WORKER_LOST = True
CELERY_WORKER_PREFETCH_MULTIPLIER = 1
CELERY_TIMEZONE = TIME_ZONE

EXPORT_FONT_REGULAR: str = env.str("EXPORT_FONT_REGULAR", default="")
EXPORT_FONT_BOLD: str = env.str("EXPORT_FONT_BOLD", default="")
SITE_FURNITURE = {
    "organizer": env.str("SITE_ORGANIZER", default="示例"),
    "operator": env.str("SITE_OPERATOR", default="示例"),
    "record_number": env.str("SITE_RECORD_NUMBER", default="示例"),
    "contact": env.str("SITE_CONTACT", default="示例"),
}
CITY_CODE = env.str("CITY_CODE", default="120000")

LOGGING = {
    "version": 1,
    "disable_existing_loggers": False,
    "formatters": {"line": {"format": "%(asctime)s %(levelname)s %(name)s %(message)s"}},
    "handlers": {"console": {"class": "logging.StreamHandler", "formatter": "line"}},
    "root": {"handlers": ["console"], "level": env.str("LOG_LEVEL", default="WARNING")},
}

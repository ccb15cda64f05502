"""Sign-in, sessions, limits of tries, and the content security policy."""

from csp.constants import NONE, SELF
from django.core.exceptions import ImproperlyConfigured

from portal.settings.environment import DATA_DIR, env

SECRET_KEY_FILE = DATA_DIR / "secret_key"


def _kept_key() -> str:
    """The key of this installation; empty before its first start (``portal.first_run``)."""
    try:
        return SECRET_KEY_FILE.read_text().strip()
    except (FileNotFoundError, NotADirectoryError):
        return ""
    except OSError as error:
        raise ImproperlyConfigured(
            f"The key {SECRET_KEY_FILE} cannot be read ({error.strerror}). "
            "Give another folder with DATA_DIR=/some/folder, or set SECRET_KEY."
        ) from error


SECRET_KEY = env.str("SECRET_KEY", default="") or _kept_key()
# Keys of the secret store, the first seals; without them one is made in the data folder.
SECRET_STORE_KEYS = [key for key in env.list("SECRET_STORE_KEYS", default=[]) if key.strip()]
ALLOWED_HOSTS = env.list("ALLOWED_HOSTS", default=["localhost", "127.0.0.1", "[::1]"])
CSRF_TRUSTED_ORIGINS = env.list("CSRF_TRUSTED_ORIGINS", default=[])
BEHIND_HTTPS = env.bool("BEHIND_HTTPS", default=False)
if BEHIND_HTTPS:
    SECURE_PROXY_SSL_HEADER = ("HTTP_X_FORWARDED_PROTO", "https")
    SECURE_HSTS_SECONDS = 31_536_000
SESSION_COOKIE_SECURE = CSRF_COOKIE_SECURE = BEHIND_HTTPS
SESSION_COOKIE_HTTPONLY = True
SESSION_ENGINE = "portal.session_store"
SESSION_COOKIE_AGE = 14 * 24 * 3600
SECURE_REFERRER_POLICY = "same-origin"
X_FRAME_OPTIONS = "DENY"

AUTH_USER_MODEL = "assets.User"
AUTHENTICATION_BACKENDS = ["portal.sign_in.backend.PasswordBackend"]
PASSWORD_LENGTH_MIN = 10  # characters
AUTH_PASSWORD_VALIDATORS = [
    {"NAME": "django.contrib.auth.password_validation.UserAttributeSimilarityValidator"},
    {
        "NAME": "django.contrib.auth.password_validation.MinimumLengthValidator",
        "OPTIONS": {"min_length": PASSWORD_LENGTH_MIN},
    },
    {"NAME": "django.contrib.auth.password_validation.CommonPasswordValidator"},
    {"NAME": "portal.sign_in.passwords.EndsTokens"},
]
PASSWORD_RESET_TIMEOUT = 24 * 3600  # seconds that a link for a new password is good for
LOGIN_URL = "account_login"
LOGIN_REDIRECT_URL = "/"

# https://docs.allauth.org/en/latest/account/configuration.html
ACCOUNT_ADAPTER = "portal.sign_in.adapter.InvitedOnlyAdapter"
ACCOUNT_LOGIN_METHODS = {"email"}
ACCOUNT_SIGNUP_FIELDS = ["email*", "password1*", "password2*"]
ACCOUNT_USER_MODEL_USERNAME_FIELD = None
ACCOUNT_EMAIL_VERIFICATION = "none"
ACCOUNT_LOGOUT_REDIRECT_URL = "/accounts/login/"
ACCOUNT_SESSION_REMEMBER = True
ACCOUNT_EMAIL_NOTIFICATIONS = True  # of a changed password or second factor, where mail goes out
ACCOUNT_PASSWORD_RESET_TOKEN_GENERATOR = "portal.sign_in.links.NewPasswordTokens"  # noqa: S105
ACCOUNT_FORMS = {
    "change_password": "portal.sign_in.forms.ChangePasswordForm",
    "reset_password": "portal.sign_in.forms.ForgottenPasswordForm",
    "reset_password_from_key": "portal.sign_in.forms.NewPasswordForm",
    "reauthenticate": "portal.sign_in.forms.PasswordAgainForm",
}
MFA_ADAPTER = "portal.sign_in.codes.SecondFactorAdapter"
MFA_FORMS = {
    "authenticate": "portal.sign_in.codes.CodeForm",
    "reauthenticate": "portal.sign_in.codes.CodeAgainForm",
    "activate_totp": "portal.sign_in.forms.SetUpForm",
}
# There is no sign-up, so an address that allauth has not verified is no stranger's bait.
MFA_ALLOW_UNVERIFIED_EMAIL = True
MFA_TOTP_TOLERANCE = 1  # steps of 30 s by which a phone's clock may differ
TRIES_MAX, HELD_S = 5, 300  # wrong passwords or codes, and how long an account is held after them
ACCOUNT_RATE_LIMITS = {
    "login_failed": f"10/m/ip,{TRIES_MAX}/{HELD_S}s/key",
    "invite": "60/h/user",
    "openid": "60/m/ip",
    "reset_password": "5/m/ip,5/m/key",  # each waits for the mail server
    "accept_invitation": "20/m/ip,10/5m/key",
}
INVITATION_DAYS = env.int("INVITATION_DAYS", default=7)  # how long the link in one is good
MFA_SUPPORTED_TYPES = ["totp", "recovery_codes"]
MFA_TOTP_ISSUER = "Hairline"

# A tile server of the operator's choice, such as https://tiles.example.org/{z}/{x}/{y}.png.
# Empty: the bundled basemap, so that no page needs the internet.
MAP_TILE_URL = env.str("MAP_TILE_URL", default="")
MAP_TILE_ATTRIBUTION = env.str("MAP_TILE_ATTRIBUTION", default="")


def _origin(address: str) -> list[str]:
    """Scheme and host of a tile address, with Leaflet's {s} as a wildcard."""
    if "://" not in address:
        return []
    scheme, rest = address.split("://", 1)
    return [f"{scheme}://{rest.split('/', 1)[0].replace('{s}', '*')}"]


# Plotly adds one empty <style> and fills it through the DOM: the hash of the empty text allows it.
EMPTY_STYLE = "'sha256-47DEQpj8HBSa+/TImW+5JCeuQeRkm5NMpJWZG3hSuFU='"
CONTENT_SECURITY_POLICY = {
    "DIRECTIVES": {
        "default-src": [SELF],
        "script-src": [SELF],
        "style-src": [SELF, EMPTY_STYLE],
        "img-src": [SELF, "data:", "blob:", *_origin(MAP_TILE_URL)],
        "connect-src": [SELF],
        "object-src": [NONE],
        "base-uri": [SELF],
        "form-action": [SELF],
        "frame-ancestors": [NONE],
    }
}

# Number of our own proxies before the site: this many addresses of X-Forwarded-For can be trusted.
# Without it all people behind a proxy would share one budget of wrong passwords.
NUM_PROXIES = ALLAUTH_TRUSTED_PROXY_COUNT = env.int("NUM_PROXIES", default=0)

# https://www.django-rest-framework.org/api-guide/settings/
REST_FRAMEWORK = {
    "DEFAULT_AUTHENTICATION_CLASSES": [
        "portal.api.authentication.TokenAuthentication",
        "portal.api.authentication.SessionAuthentication",
    ],
    "DEFAULT_PERMISSION_CLASSES": ["rest_framework.permissions.IsAuthenticated"],
    "DEFAULT_PARSER_CLASSES": [
        "portal.api.parsers.JSONParser",
        "portal.api.parsers.FormParser",
        "portal.api.parsers.MultiPartParser",
    ],
    "DEFAULT_RENDERER_CLASSES": ["rest_framework.renderers.JSONRenderer"],
    "DEFAULT_FILTER_BACKENDS": [
        "portal.api.filters.StrictFilters",
        "portal.api.filters.StrictOrdering",
    ],
    "DEFAULT_PAGINATION_CLASS": "portal.api.pagination.Pages",
    "PAGE_SIZE": 50,
    "DEFAULT_SCHEMA_CLASS": "portal.api.schema.Schema",
    "EXCEPTION_HANDLER": "portal.api.problems.as_problem",
    "DEFAULT_THROTTLE_RATES": {
        "token": env.str("TOKEN_THROTTLE", default="30/min"),
        "upload": env.str("UPLOAD_THROTTLE", default="600/min"),
    },
    "NUM_PROXIES": NUM_PROXIES,
}
CSRF_FAILURE_VIEW = "portal.errors.csrf_failure"
METRICS_TOKEN = env.str("METRICS_TOKEN", default="")  # lets a scraper from elsewhere read /metrics
API_TOKEN_DAYS = env.int("API_TOKEN_DAYS", default=90)
SPECTACULAR_SETTINGS = {
    "TITLE": "Hairline",
    "DESCRIPTION": (
        "Photos in, measured cracks out. Begin here:\n\n"
        "1. `POST /api/v1/auth/token/` with `username` (your e-mail address) and `password` "
        "gives a `token`; send it with each call: `Authorization: Token …`.\n"
        "2. `POST /api/v1/inspections/` with `asset` and `kind` opens a visit.\n"
        "3. `POST /api/v1/inspections/{id}/photos/` takes one photo a request "
        "(`multipart/form-data`, field `file`, and `gsd_mm_per_px` where you know the scale).\n"
        "4. `GET /api/v1/photos/{id}/` says where it stands; once `state` is `done`, "
        "`analysis.cracks` has each crack's line and widths.\n\n"
        "What goes wrong comes as a problem object (RFC 9457) with `code`, `detail` and `hint`."
    ),
    "TAGS": [
        {"name": word}
        for word in (
            "auth",
            "assets",
            "elements",
            "inspections",
            "photos",
            "defects",
            "alerts",
            "map",
            "news",
        )
    ],
    "VERSION": "1",
    "SERVE_INCLUDE_SCHEMA": False,
    "SERVE_PERMISSIONS": ["rest_framework.permissions.IsAuthenticated"],
    "SWAGGER_UI_DIST": "SIDECAR",
    "SWAGGER_UI_FAVICON_HREF": "SIDECAR",
    "REDOC_DIST": "SIDECAR",
    "SCHEMA_PATH_PREFIX": "/api/v1/",
    "ENUM_NAME_OVERRIDES": {
        "AssetKind": "assets.models.AssetKind",
        "InspectionKind": "assets.models.InspectionKind",
        "PhotoState": "assets.models.PhotoState",
        "DefectKind": "assets.models.DefectKind",
        "DefectState": "assets.models.DefectState",
    },
}

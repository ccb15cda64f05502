"""Sign-in through an OpenID Connect provider; one for each installation."""

from portal.settings.environment import env

# The issuer, such as https://login.example.org/realms/bridges. Empty: only passwords.
OIDC_SERVER_URL = env.str("OIDC_SERVER_URL", default="").strip().rstrip("/")
OIDC_CLIENT_ID = env.str("OIDC_CLIENT_ID", default="")
OIDC_NAME = env.str("OIDC_NAME", default="")  # on the button: "Continue with …"
# Better kept in the secret store, which goes first: manage.py set_secret oidc.client_secret
OIDC_CLIENT_SECRET = env.str("OIDC_CLIENT_SECRET", default="")

# https://docs.allauth.org/en/latest/socialaccount/configuration.html
SOCIALACCOUNT_ADAPTER = "portal.sign_in.openid.adapter.OrganisationAdapter"
SOCIALACCOUNT_AUTO_SIGNUP = False
SOCIALACCOUNT_EMAIL_AUTHENTICATION = False  # portal.sign_in.openid.rules decides who it is
SOCIALACCOUNT_STORE_TOKENS = False
SOCIALACCOUNT_LOGIN_ON_GET = False

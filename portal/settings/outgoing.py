"""Inside addresses to which this installation may connect."""

from portal.settings.environment import env

# Hosts and ranges inside the network that may be asked, such as
# "login.example.org, 10.2.0.5:8080, 10.2.0.0/16, [fd12::/48]:443". Empty: none.
OUTGOING_ALLOW = env.list("OUTGOING_ALLOW", default=[])
# Certificates of an authority of your own, in PEM, trusted besides the public ones.
OUTGOING_CA_FILE = env.str("OUTGOING_CA_FILE", default="")

"""Signing in by OpenID Connect: allauth does the protocol, the rules are ours."""

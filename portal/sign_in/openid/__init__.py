"""Signing in through the organisation's own provider: OpenID Connect by allauth, rules by us."""

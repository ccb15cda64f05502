"""Signing in: what of allauth is used, who may not, what is written down about it."""

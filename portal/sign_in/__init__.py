"""Signing in: the parts of allauth that we use, our refusals, and the ledger entries."""

"""Reads the JSON that rows store, whether of this version, of another one, or damaged.

A reader never raises: what is not as :mod:`assets.services.records` says is as good as not kept.
Pure.
"""

"""Every figure that we claim, beside a peer measured in the same run: ``make bench``."""

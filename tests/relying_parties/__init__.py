"""Relying parties that are not ours, each configured as its users would, against a running Signet."""

"""Environments, apps and releases: text and names in, typed values or placed errors out."""

"""Secrets that are not sealed: where they are, and never what they are."""

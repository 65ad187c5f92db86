"""Secrets that may lie in Git: encrypted for the controller of one cluster."""

"""Secrets in Git: sealed for the cluster that opens them, and never in the clear."""

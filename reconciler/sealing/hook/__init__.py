"""Sealing what is about to be committed in the clear."""

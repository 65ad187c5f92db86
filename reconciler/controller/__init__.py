"""Clusters made what Git says: what is wanted, what is there, and the steps between them."""

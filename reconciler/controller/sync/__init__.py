"""One app made what Git says: what is there, what is to be done, and doing it."""

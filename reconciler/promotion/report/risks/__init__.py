"""What could go wrong when a cluster gets a promotion's objects, as far as these tell."""

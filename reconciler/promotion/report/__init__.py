"""What a reviewer is told of a promotion: what changes, what could go wrong, what it waits for."""

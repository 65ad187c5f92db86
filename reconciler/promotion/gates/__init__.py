"""What a promotion waits for."""

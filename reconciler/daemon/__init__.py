"""What every process has that stays: HTTP, probes, logs, and what the machine lets it have."""

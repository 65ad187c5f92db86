"""The bot as a process of its own, on a real forge and a real cluster."""

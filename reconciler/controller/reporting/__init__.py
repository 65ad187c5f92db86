"""Where people look: objects of ours, events, metrics and commit statuses."""

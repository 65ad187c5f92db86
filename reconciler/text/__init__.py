"""What reports are written with: lines of a difference, Markdown, durations, suggestions."""

"""Objects followed as they change."""

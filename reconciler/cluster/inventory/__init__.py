"""What was applied for each app, kept in the cluster itself."""

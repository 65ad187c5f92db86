"""What the repo-server does with a plugin, done here: for trying an app before it is pushed."""

"""A process that stays: Git followed, and the apps of each environment kept."""

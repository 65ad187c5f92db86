"""Where it is known whether an app is healthy; one module for each kind of source."""

"""Where the objects of an app, and the values in them, come from."""

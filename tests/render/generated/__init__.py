"""Overlays that hypothesis makes: scalars, objects, what is done to them, and trees of both."""

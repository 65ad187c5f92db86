"""An app that other tools deployed, taken over by `reconciler adopt` while it runs."""

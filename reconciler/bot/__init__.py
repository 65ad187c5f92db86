"""Promotions without anybody at a keyboard: on a schedule, and when a forge says that something
happened."""

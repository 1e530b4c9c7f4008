"""Widgets that no library has: virtual table, timeline, sparkline, diff."""

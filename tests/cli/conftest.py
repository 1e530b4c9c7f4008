"""Fixtures of the command line's tests."""

from tests.support.inprocess import here

__all__ = ["here"]

"""Fixtures of the record's tests."""

from tests.support.inprocess import here

__all__ = ["here"]

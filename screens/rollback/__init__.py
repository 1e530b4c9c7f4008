"""The rollback dialog."""

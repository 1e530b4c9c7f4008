"""What the operator does; every guard lives here."""

"""Plan review, run and runs of a batch."""

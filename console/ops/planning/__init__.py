"""Which links, back to which version, at what cost: the plan of a batch."""

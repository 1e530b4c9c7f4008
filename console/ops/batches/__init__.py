"""Many links at once: the run of a plan, its waves, stops and settling."""

"""One module a verb: parse, call the core, hand to the output."""

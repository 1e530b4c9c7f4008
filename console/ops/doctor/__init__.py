"""What is examined when something is wrong with the set-up, and what is mended."""

"""What is broken and since when: sweeps, outages, and the version that worked."""

"""The second look from this machine: an asynchronous prober and what it may reach."""

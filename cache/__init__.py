"""What is remembered: a disposable cache and a durable journal."""

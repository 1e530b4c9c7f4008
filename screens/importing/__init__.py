"""The import screen: file, columns, rows, result."""

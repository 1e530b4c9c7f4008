"""Files of links: read, checked row by row, sent in chunks, and written out again."""

"""Where the program works: profiles, their files, keys and places."""

// Gets its first content soon.

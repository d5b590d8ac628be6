"""How long each kind of data is kept, what is forgotten, and what a family can take with it."""

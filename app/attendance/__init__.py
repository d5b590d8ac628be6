"""The day at a site: who is there, who may collect whom."""

"""The démarches that come with the portal: their own pages, and what each does when it is closed."""

"""Providers, activities, releases, front matter and the loading of library folders."""

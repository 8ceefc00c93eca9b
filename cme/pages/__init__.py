"""Pages of the site whose words its operator owns: privacy, terms, contact."""

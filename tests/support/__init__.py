"""What tests stand on: databases, client, servers."""

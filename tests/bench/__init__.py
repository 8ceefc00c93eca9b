"""What each operation costs: `sh script/bench`."""

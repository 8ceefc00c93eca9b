"""Load and fault campaigns at full length: `sh script/campaign`."""

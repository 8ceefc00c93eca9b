"""Pages through the inspecting client."""

"""From text to claims."""

"""From records to weights to numbers."""

"""What the networks are: schema, network, checkpoint folder."""

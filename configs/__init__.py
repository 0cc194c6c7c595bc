"""Label names and training recipes, as data."""

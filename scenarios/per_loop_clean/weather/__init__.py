"""Weather for a sailing club."""

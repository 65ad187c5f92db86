"""What a promotion changes, field by field, and the edit that it makes."""

"""What stands before every page and every call: hosts, origins, sizes, rates, headers."""

"""The operations that graphs are built from, one set for every kind of device."""

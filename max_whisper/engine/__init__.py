"""The engine: what runs on a device, behind a waist of four verbs."""

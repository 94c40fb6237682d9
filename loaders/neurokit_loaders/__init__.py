"""Loaders of neurokit, one module per family of formats; found through entry points."""

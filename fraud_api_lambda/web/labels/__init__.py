"""Outcomes and reviews: their routes, bodies and responses."""

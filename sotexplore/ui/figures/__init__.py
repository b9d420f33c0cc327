"""Figures as plain plotly JSON, built by pure functions: first the data, then the drawing."""

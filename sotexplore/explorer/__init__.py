"""From designs to figures: spaces, evaluation, accuracy, Pareto fronts, export."""

"""The dashboard: state, controls, figures and components on top of the explorer."""

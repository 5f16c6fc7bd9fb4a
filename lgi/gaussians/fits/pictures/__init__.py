"""Pictures from files, as a person sees them in a viewer."""

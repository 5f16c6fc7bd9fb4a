"""Figures and animations: they draw what tables and run files hold, and compute nothing."""

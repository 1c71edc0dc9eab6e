"""Recovery of failed payments: settings and figures."""

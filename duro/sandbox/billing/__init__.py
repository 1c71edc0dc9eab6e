"""Billing rules: functions over a unit of work and rows. They do not depend on HTTP."""

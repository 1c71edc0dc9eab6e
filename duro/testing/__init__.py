"""pytest plugin for programs that use Duro: a sandbox for each test, clients, and faults.

Installing the package registers the plugin. It imports the sandbox and the
clients when a test uses them.
"""

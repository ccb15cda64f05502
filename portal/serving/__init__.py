"""Serving: processes, connections, bodies and threads, before Django sees a request."""

"""Problems of dashboards, told by ``grafana/check.py``."""

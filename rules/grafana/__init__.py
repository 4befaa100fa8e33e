"""Grafana dashboards from specs (rules/dashboards/*.yaml) and from SLOs: read, judged by the metric contract, built."""

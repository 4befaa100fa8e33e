"""What the API server says about itself: version, health, groups and resources. Pure."""

from sandbox.cluster.resources import ALL, Json

VERSION = {
    "major": "1",
    "minor": "36",
    "gitVersion": "v1.36.2-sandbox",
    "gitCommit": "0" * 40,
    "gitTreeState": "clean",
    "buildDate": "2026-01-01T00:00:00Z",
    "goVersion": "none",
    "compiler": "none",
    "platform": "linux/amd64",
}
HEALTH = ("/healthz", "/livez", "/readyz")
VERBS = ["create", "delete", "deletecollection", "get", "list", "patch", "update", "watch"]


def described(path: str) -> Json | str | None:
    """Return the answer for a path that is about the server, or None for any other path."""
    path = path.rstrip("/")  # the official client asks for /version/ and /apis/
    if path in HEALTH:
        return "ok"
    groups = sorted({(resource.group, resource.version) for resource in ALL if resource.group})
    if path == "/version":
        return dict(VERSION)
    if path == "/api":
        return {"kind": "APIVersions", "versions": ["v1"]}
    if path == "/apis":
        return {"kind": "APIGroupList", "apiVersion": "v1", "groups": [_group(*group) for group in groups]}
    known = {f"/apis/{group}/{version}": (group, version) for group, version in groups} | {"/api/v1": ("", "v1")}
    return _resources(*known[path]) if path in known else None


def _group(group: str, version: str) -> Json:
    found = {"groupVersion": f"{group}/{version}", "version": version}
    return {"name": group, "versions": [found], "preferredVersion": found}


def _resources(group: str, version: str) -> Json:
    listed = []
    for resource in ALL:
        if (resource.group, resource.version) == (group, version):
            own = {"name": resource.plural, "singularName": resource.kind.lower(), "kind": resource.kind}
            listed.append(own | {"namespaced": resource.namespaced, "verbs": VERBS})
    together = f"{group}/{version}" if group else version
    return {"kind": "APIResourceList", "apiVersion": "v1", "groupVersion": together, "resources": listed}

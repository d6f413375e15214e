"""How costs grow: a table, and a picture of the same as an SVG that is written here by hand."""
import math
from html import escape

WIDTH, HEIGHT = 900, 420
TOP, BOTTOM = 64, 52
# Where each engine's panel is, and how wide its plot; to the right of it is room for the names of the lines.
PANELS = {"sqlite": (60, 254), "postgres": (494, 254)}
TITLES = {"sqlite": "SQLite", "postgres": "PostgreSQL, server + database"}
# Told apart by those who see colours differently, too.
COLOURS = ["#0072b2", "#d55e00", "#009e73", "#cc79a7", "#8a6d00", "#444444"]
# Between the names of two lines.
APART = 15


def by_work(lines, target):
    """µs of server and database a request, by work and organizations."""
    found = {}
    for line in lines:
        if line["target"] == target and line.get("requests"):
            found.setdefault(line["work"], {})[line["organizations"]] = line["cpu"] + line["database_cpu"]
    return found


def table(lines):
    sizes = sorted({line["organizations"] for line in lines})
    print("\nµs of processor a request, by organizations\n")
    print(f"| work | database | {' | '.join(f'{size:,}' for size in sizes)} | last ÷ first |\n|{'---|' * (len(sizes) + 3)}")
    for target in TITLES:
        for work, costs in by_work(lines, target).items():
            cells = [f"{costs[size]:.1f}" if size in costs else "" for size in sizes]
            print(f"| {work} | {target} | {' | '.join(cells)} | {costs[max(costs)] / costs[min(costs)]:.2f} |")


class Axis:
    """Where a value is, by its logarithm."""

    def __init__(self, values, first, last):
        self.low, self.high = math.log10(min(values)), math.log10(max(values))
        self.first, self.last = first, last

    def at(self, value):
        width = self.high - self.low or 1
        return round(self.first + (math.log10(value) - self.low) / width * (self.last - self.first), 1)

    def marks(self, steps):
        """Round values within it."""
        powers = range(math.floor(self.low), math.ceil(self.high) + 1)
        values = [step * 10**power for power in powers for step in steps]
        return [value for value in values if self.low - 0.001 <= math.log10(value) <= self.high + 0.001]


def text(x, y, words, **more):
    attributes = "".join(f' {name.replace("_", "-")}="{value}"' for name, value in more.items())
    return f'<text x="{x}" y="{y}"{attributes}>{escape(words)}</text>'


def line(x1, y1, x2, y2, colour):
    return f'<line x1="{x1}" y1="{y1}" x2="{x2}" y2="{y2}" stroke="{colour}"/>'


def spread(wanted):
    """Heights as near to those that are wanted as they can be without meeting."""
    placed = {}
    for name, height in sorted(wanted.items(), key=lambda item: item[1]):
        placed[name] = max([height] + [other + APART for other in placed.values()])
    below = max(placed.values(), default=0) - (HEIGHT - BOTTOM)
    if below > 0:
        # From the lowest upwards, each as little as it must.
        last = HEIGHT - BOTTOM + APART
        for name in sorted(placed, key=placed.get, reverse=True):
            placed[name] = last = min(placed[name], last - APART)
    return placed


def panel(target, costs, x, y, left, width):
    """One engine: its grid, a line for each work, and their names at its ends."""
    right, bottom = left + width, HEIGHT - BOTTOM
    drawn = [text(left, TOP - 18, TITLES[target], font_size=14, font_weight="bold")]
    for value in y.marks([1, 2, 5]):
        drawn += [line(left, y.at(value), right, y.at(value), "#e4e4e0"),
                  text(left - 8, y.at(value) + 4, f"{value:,.0f}", text_anchor="end")]
    for value in x.marks([1]):
        drawn += [line(x.at(value), TOP, x.at(value), bottom, "#e4e4e0"),
                  text(x.at(value), bottom + 18, f"{value:,.0f}", text_anchor="middle")]
    drawn.append(text(left + width / 2, bottom + 38, "organizations", text_anchor="middle", fill="#666"))
    names = spread({work: y.at(points[max(points)]) for work, points in costs.items()})
    for colour, (work, points) in zip(COLOURS, costs.items()):
        way = [(x.at(size), y.at(cost)) for size, cost in sorted(points.items())]
        points_of = " ".join(f"{a},{b}" for a, b in way)
        drawn.append(f'<polyline points="{points_of}" fill="none" stroke="{colour}" stroke-width="2"/>')
        drawn += [f'<circle cx="{a}" cy="{b}" r="3" fill="{colour}"/>' for a, b in way]
        last = points[max(points)]
        drawn += [line(way[-1][0] + 4, way[-1][1], right + 12, names[work], "#bbb"),
                  text(right + 15, names[work] + 4, f"{work} {last:,.0f}", fill=colour)]
    return drawn


def plot(lines):
    """The picture. Both panels have the same scales."""
    engines = {target: by_work(lines, target) for target in PANELS}
    costs = [cost for works in engines.values() for points in works.values() for cost in points.values()]
    sizes = [size for works in engines.values() for points in works.values() for size in points]
    drawn = [f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {WIDTH} {HEIGHT}" width="{WIDTH}" height="{HEIGHT}"'
             ' font-family="system-ui, sans-serif" font-size="12" fill="#222">',
             "<title>µs of processor a request, by organizations</title>",
             f'<rect width="{WIDTH}" height="{HEIGHT}" fill="#fcfcfa"/>',
             text(16, 24, "µs of processor a request", font_size=13, fill="#666")]
    y = Axis([min(costs) * 0.8, max(costs) * 1.1], HEIGHT - BOTTOM, TOP)
    for target, (left, width) in PANELS.items():
        if engines[target]:
            drawn += panel(target, engines[target], Axis(sizes, left, left + width), y, left, width)
    return "\n".join([*drawn, "</svg>"]) + "\n"

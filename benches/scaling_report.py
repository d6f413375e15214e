"""The results of benches/scaling: a table, and a plot as SVG."""
import math
from html import escape

WIDTH, HEIGHT = 900, 420
TOP, BOTTOM = 64, 52
# Left edge and width of each engine's plot. The labels of the lines stand to the right of it.
PANELS = {"sqlite": (60, 254), "postgres": (494, 254)}
TITLES = {"sqlite": "SQLite", "postgres": "PostgreSQL, server + database"}
# Distinguishable with every common form of colour blindness (Okabe-Ito).
COLOURS = ["#0072b2", "#d55e00", "#009e73", "#cc79a7", "#8a6d00", "#444444"]
# The least distance between two labels.
LABEL_DISTANCE = 15


def costs_by_workload(lines, target):
    """CPU time of server and database per request, in µs, by workload and number of organizations."""
    costs = {}
    for line in lines:
        if line["target"] == target and line.get("requests"):
            costs.setdefault(line["workload"], {})[line["organizations"]] = line["cpu"] + line["database_cpu"]
    return costs


def print_table(lines):
    sizes = sorted({line["organizations"] for line in lines})
    print("\nCPU time per request in µs, by number of organizations\n")
    print(f"| workload | database | {' | '.join(f'{size:,}' for size in sizes)} | last ÷ first |\n"
          f"|{'---|' * (len(sizes) + 3)}")
    for target in TITLES:
        for workload, costs in costs_by_workload(lines, target).items():
            cells = [f"{costs[size]:.1f}" if size in costs else "" for size in sizes]
            print(f"| {workload} | {target} | {' | '.join(cells)} | {costs[max(costs)] / costs[min(costs)]:.2f} |")


class LogAxis:
    """Maps values to coordinates by their logarithm."""

    def __init__(self, values, start, end):
        self.low, self.high = math.log10(min(values)), math.log10(max(values))
        self.start, self.end = start, end

    def position(self, value):
        width = self.high - self.low or 1
        return round(self.start + (math.log10(value) - self.low) / width * (self.end - self.start), 1)

    def ticks(self, steps):
        powers = range(math.floor(self.low), math.ceil(self.high) + 1)
        values = [step * 10**power for power in powers for step in steps]
        return [value for value in values if self.low - 0.001 <= math.log10(value) <= self.high + 0.001]


def text(x, y, content, **attributes):
    written = "".join(f' {name.replace("_", "-")}="{value}"' for name, value in attributes.items())
    return f'<text x="{x}" y="{y}"{written}>{escape(content)}</text>'


def line(x1, y1, x2, y2, colour):
    return f'<line x1="{x1}" y1="{y1}" x2="{x2}" y2="{y2}" stroke="{colour}"/>'


def spread_labels(positions):
    """Moves labels apart until none overlap."""
    placed = {}
    for name, y in sorted(positions.items(), key=lambda item: item[1]):
        placed[name] = max([y] + [other + LABEL_DISTANCE for other in placed.values()])
    overflow = max(placed.values(), default=0) - (HEIGHT - BOTTOM)
    if overflow > 0:
        # Pushes labels up from the bottom, each only as far as necessary.
        last = HEIGHT - BOTTOM + LABEL_DISTANCE
        for name in sorted(placed, key=placed.get, reverse=True):
            placed[name] = last = min(placed[name], last - LABEL_DISTANCE)
    return placed


def panel(target, costs, x, y, left, width):
    """One engine: its grid, and a labelled line for each workload."""
    right, bottom = left + width, HEIGHT - BOTTOM
    elements = [text(left, TOP - 18, TITLES[target], font_size=14, font_weight="bold")]
    for value in y.ticks([1, 2, 5]):
        elements += [line(left, y.position(value), right, y.position(value), "#e4e4e0"),
                     text(left - 8, y.position(value) + 4, f"{value:,.0f}", text_anchor="end")]
    for value in x.ticks([1]):
        elements += [line(x.position(value), TOP, x.position(value), bottom, "#e4e4e0"),
                     text(x.position(value), bottom + 18, f"{value:,.0f}", text_anchor="middle")]
    elements.append(text(left + width / 2, bottom + 38, "organizations", text_anchor="middle", fill="#666"))
    labels = spread_labels({workload: y.position(points[max(points)]) for workload, points in costs.items()})
    for colour, (workload, points) in zip(COLOURS, costs.items()):
        path = [(x.position(size), y.position(cost)) for size, cost in sorted(points.items())]
        coordinates = " ".join(f"{a},{b}" for a, b in path)
        elements.append(f'<polyline points="{coordinates}" fill="none" stroke="{colour}" stroke-width="2"/>')
        elements += [f'<circle cx="{a}" cy="{b}" r="3" fill="{colour}"/>' for a, b in path]
        last = points[max(points)]
        elements += [line(path[-1][0] + 4, path[-1][1], right + 12, labels[workload], "#bbb"),
                     text(right + 15, labels[workload] + 4, f"{workload} {last:,.0f}", fill=colour)]
    return elements


def plot(lines):
    """The plot as SVG. Both panels have the same scales."""
    engines = {target: costs_by_workload(lines, target) for target in PANELS}
    all_points = [points for costs in engines.values() for points in costs.values()]
    costs = [cost for points in all_points for cost in points.values()]
    sizes = [size for points in all_points for size in points]
    elements = [f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {WIDTH} {HEIGHT}" width="{WIDTH}" height="{HEIGHT}"'
                ' font-family="system-ui, sans-serif" font-size="12" fill="#222">',
                "<title>CPU time per request in µs, by number of organizations</title>",
                f'<rect width="{WIDTH}" height="{HEIGHT}" fill="#fcfcfa"/>',
                text(16, 24, "CPU time per request, µs", font_size=13, fill="#666")]
    y = LogAxis([min(costs) * 0.8, max(costs) * 1.1], HEIGHT - BOTTOM, TOP)
    for target, (left, width) in PANELS.items():
        if engines[target]:
            elements += panel(target, engines[target], LogAxis(sizes, left, left + width), y, left, width)
    return "\n".join([*elements, "</svg>"]) + "\n"

"""Comparing JSON reports that were made in different ways."""


def judged(report):
    """All of a report that does not depend on the machine, and the kernels that read and that verified."""
    # A capture's summary is one of its rows.
    rows = (row for row in report.get("rows", []) if row["kind"] == "summary")
    performance = report.get("summary", next(rows, None)).pop("performance")
    ran = [*performance.get("stages", []), *performance["latency"]]
    return report, sorted({row["kernel"] for row in ran if "kernel" in row})


def differences(a, b, path=""):
    """Where two reports differ."""
    if isinstance(a, dict) and isinstance(b, dict):
        for key in sorted(a.keys() | b.keys()):
            yield from differences(a.get(key), b.get(key), f"{path}.{key}")
    elif isinstance(a, list) and isinstance(b, list) and len(a) == len(b):
        for i, pair in enumerate(zip(a, b)):
            yield from differences(*pair, f"{path}[{i}]")
    elif a != b:
        yield f"    {path}: {str(a)[:100]} here, {str(b)[:100]} there"

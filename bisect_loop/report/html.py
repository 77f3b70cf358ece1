"""A report as one HTML file that needs nothing else: no script, no font, no network."""

from __future__ import annotations

from html import escape

from bisect_loop.model import RunReport
from bisect_loop.report.entry import Entry
from bisect_loop.report.shell import wrap
from bisect_loop.report.spans import Line, Row, Span
from bisect_loop.report.story import tell, verdict

_WIDTH = 100

_PAGE = """<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta http-equiv="Content-Security-Policy" content="default-src 'none'; style-src 'unsafe-inline'">
<title>bisect-loop: {title}</title>
<style>
:root {{ color-scheme: light dark; --line: #8884; --good: #1a7f37; --bad: #b35900; }}
@media (prefers-color-scheme: dark) {{ :root {{ --good: #4ac26b; --bad: #f0a050; }} }}
body {{ font: 16px/1.5 system-ui, sans-serif; max-width: 70rem; margin: 2rem auto; padding: 0 1rem; }}
h1 {{ font-size: 1.3rem; }}
h2 {{ font-size: 1.05rem; }}
code, pre {{ font: .9em/1.5 ui-monospace, monospace; overflow-wrap: anywhere; }}
pre {{ padding: .7rem 1rem; border: 1px solid var(--line); border-radius: .4rem; overflow-x: auto; }}
section {{ border-top: 1px solid var(--line); margin-top: 1.5rem; }}
dl {{ display: grid; grid-template-columns: max-content 1fr; gap: .2rem 1.2rem; margin: .5rem 0; }}
dt, .dim {{ opacity: .7; }}
dd {{ margin: 0; }}
.ok {{ color: var(--good); }}
.bad, .accuses .label {{ color: var(--bad); }}
</style>
</head>
<body>
<h1>{title}</h1>
{body}
</body>
</html>
"""


def render(report: RunReport, *, stored: bool = True) -> str:
    """Return the whole report as an HTML page."""
    story = tell(report, stored=stored)
    body = [f"<p>{_line(line)}</p>" for line in (*story.closing[1:], story.headline)]
    body.append(_rows(story.rows))
    body += [_entry(entry) for entry in story.entries]
    return _PAGE.format(title=escape(verdict(report)), body="\n".join(part for part in body if part))


def _entry(entry: Entry) -> str:
    heading = (
        f'<span class="label">{escape(entry.label)}</span> {entry.id} {_line(entry.subject)} {escape(entry.claim)}'
    )
    lines = []
    if len(entry.objects) == 1:
        heading += f" {_line(entry.objects[0])}"
    elif entry.objects:
        items = "".join(f"<li>{_line(line)}</li>" for line in entry.objects)
        lines.append(f"<ol>{items}</ol>\n<p>{escape(entry.together)}</p>")
    lines.append(_rows(entry.rows))
    if entry.command:
        lines.append(f"<pre>{escape(wrap(entry.command, _WIDTH, '    '))}</pre>")
    accuses = "accuses" if entry.accuses else "accuses-nobody"
    body = "\n".join(line for line in lines if line)
    return f'<section id="{entry.id}" class="{accuses}">\n<h2>{heading}</h2>\n{body}\n</section>'


def _rows(rows: tuple[Row, ...]) -> str:
    if not rows:
        return ""
    items = [f"<dt>{escape(row.label)}</dt><dd>{'<br>'.join(_line(line) for line in row.lines)}</dd>" for row in rows]
    return "<dl>\n" + "\n".join(items) + "\n</dl>"


def _line(line: Line) -> str:
    return "".join(_piece(piece) for piece in line)


def _piece(piece: Span) -> str:
    words = escape(piece.text)
    if piece.kind == "gap":
        return " · "
    if piece.kind in ("id", "code", "command", "message"):
        return f"<code>{words}</code>"
    if piece.kind in ("ok", "bad", "dim"):
        return f'<span class="{piece.kind}">{words}</span>'
    return f"<strong>{words}</strong>" if piece.kind == "strong" else words

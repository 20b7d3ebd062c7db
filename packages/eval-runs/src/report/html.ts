import { escapeText } from "@drum/eval";
import type { Cell, Part, ReportDocument, Sheet } from "./document.ts";

const STYLE = `
:root { color-scheme: light dark; font-family: system-ui, sans-serif; line-height: 1.5; }
body { margin: 2rem auto; padding: 0 1rem; max-width: 96rem; color: #1f2328; background: #ffffff; }
.wide { overflow-x: auto; margin: 1rem 0; }
table { border-collapse: collapse; font-size: 0.875rem; font-variant-numeric: tabular-nums; }
th, td { padding: 0.25rem 0.6rem; border: 1px solid #d8dee4; text-align: left; vertical-align: top; white-space: nowrap; }
td:first-child { max-width: 16rem; white-space: normal; }
svg { max-width: 100%; height: auto; }
td img { display: block; width: 8rem; height: auto; }
@media (prefers-color-scheme: dark) {
	body { color: #e6edf3; background: #0d1117; }
	th, td { border-color: #30363d; }
}`;

/** A report as one HTML file, which needs no other file. */
export function html(document: ReportDocument): string {
	const title = document.find((part) => part.kind === "heading");
	return [
		"<!doctype html>",
		'<html lang="en">',
		'<head><meta charset="utf-8"><meta name="viewport" content="width=device-width, initial-scale=1">',
		`<title>${escapeText(title?.text ?? "")}</title>`,
		`<style>${STYLE}</style></head>`,
		"<body>",
		...document.map(partText),
		"</body>",
		"</html>",
		"",
	].join("\n");
}

function partText(part: Part): string {
	switch (part.kind) {
		case "heading":
			return `<h${part.level}>${escapeText(part.text)}</h${part.level}>`;
		case "text":
			return `<p>${escapeText(part.text)}</p>`;
		case "list":
			return `<ul>${part.items.map((item) => `<li>${escapeText(item)}</li>`).join("")}</ul>`;
		case "table":
			return tableText(
				part.head,
				part.rows.map((row) => row.map(cellText)),
			);
		case "figure":
			return `<figure>${part.svg}</figure>`;
		case "sheet":
			return sheetText(part);
	}
}

function sheetText({ columns, rows }: Sheet): string {
	const picture = (each: Sheet["rows"][number]["pictures"][number]) => {
		if (!each) return "";
		const source = `data:image/png;base64,${Buffer.from(each.png).toString("base64")}`;
		return `<img src="${source}" alt="${escapeText(each.title)}" title="${escapeText(each.title)}">`;
	};
	return tableText(
		["", ...columns],
		rows.map(({ label, pictures }) => [escapeText(label), ...pictures.map(picture)]),
	);
}

function tableText(head: readonly string[], rows: readonly (readonly string[])[]): string {
	const line = (cells: readonly string[], tag: "td" | "th") =>
		`<tr>${cells.map((cell) => `<${tag}>${cell}</${tag}>`).join("")}</tr>`;
	const body = rows.map((row) => line(row, "td")).join("\n");
	return `<div class="wide"><table><thead>${line(head.map(escapeText), "th")}</thead><tbody>\n${body}\n</tbody></table></div>`;
}

function cellText(cell: Cell): string {
	return typeof cell === "string" ? escapeText(cell) : `<strong>${escapeText(cell.strong)}</strong>`;
}

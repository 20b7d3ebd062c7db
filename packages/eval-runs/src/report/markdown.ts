import type { Cell, Part, ReportDocument, Sheet } from "./document.ts";
import { markdownTable } from "./text.ts";

/** A report as Markdown; its figures and pictures are files next to it. */
export function markdown(document: ReportDocument): string {
	return `${document.map(partText).join("\n\n")}\n`;
}

function partText(part: Part): string {
	switch (part.kind) {
		case "heading":
			return `${"#".repeat(part.level)} ${escaped(part.text)}`;
		case "text":
			return escaped(part.text);
		case "list":
			return part.items.map((item) => `- ${escaped(item)}`).join("\n");
		case "table":
			return markdownTable(
				part.head.map(escaped),
				part.rows.map((row) => row.map(cellText)),
			);
		case "figure":
			return `![${escaped(part.title)}](${part.file})`;
		case "sheet":
			return sheetText(part);
	}
}

function sheetText({ columns, rows }: Sheet): string {
	const picture = (each: Sheet["rows"][number]["pictures"][number]) =>
		each ? `![${escaped(each.title)}](${encodeURI(each.file)})` : "";
	return markdownTable(
		["", ...columns.map(escaped)],
		rows.map(({ label, pictures }) => [escaped(label), ...pictures.map(picture)]),
	);
}

function cellText(cell: Cell): string {
	return typeof cell === "string" ? escaped(cell) : `**${escaped(cell.strong)}**`;
}

/** A prompt may hold anything: on one line, with what Markdown and HTML would take as theirs made plain. */
function escaped(text: string): string {
	const plain = text.replace(/\s+/g, " ").replace(/[\\`*_]/g, "\\$&");
	return plain.replace(/</g, "&lt;").replace(/\]\(/g, "]\\(");
}

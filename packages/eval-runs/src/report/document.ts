/** A cell of a table: text, or text to be seen first. */
export type Cell = string | { readonly strong: string };

export interface Table {
	readonly kind: "table";
	readonly head: readonly string[];
	readonly rows: readonly (readonly Cell[])[];
}

/** A plot. */
export interface Figure {
	readonly kind: "figure";
	readonly title: string;
	readonly svg: string;
	/** Where it is written, next to the Markdown. */
	readonly file: string;
}

/** A picture in a contact sheet. */
export interface SheetPicture {
	readonly png: Uint8Array;
	/** Where it is written, next to the Markdown. */
	readonly file: string;
	/** What it shows, for those who do not see it. */
	readonly title: string;
}

/** Pictures side by side: a column for each method, a row for each target. */
export interface Sheet {
	readonly kind: "sheet";
	readonly columns: readonly string[];
	readonly rows: readonly { readonly label: string; readonly pictures: readonly (SheetPicture | undefined)[] }[];
}

export type Part =
	| { readonly kind: "heading"; readonly level: 1 | 2 | 3; readonly text: string }
	| { readonly kind: "text"; readonly text: string }
	| { readonly kind: "list"; readonly items: readonly string[] }
	| Table
	| Figure
	| Sheet;

/** A report, of which Markdown and HTML are made. */
export type ReportDocument = readonly Part[];

export const heading = (level: 1 | 2 | 3, text: string): Part => ({ kind: "heading", level, text });
export const paragraph = (text: string): Part => ({ kind: "text", text });
export const table = (head: readonly string[], rows: readonly (readonly Cell[])[]): Part => ({
	kind: "table",
	head,
	rows,
});

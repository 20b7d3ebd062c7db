/** Text on one line, with control characters escaped: a prompt from a file must not steer the terminal. */
export function printable(text: string): string {
	const escaped = { "\n": "\\n", "\r": "\\r", "\t": "\\t" } as Record<string, string>;
	return text.replace(
		/[\p{Cc}\p{Zl}\p{Zp}\u061c\u200e\u200f\u202a-\u202e\u2066-\u2069]/gu,
		(char) => escaped[char] ?? `\\u${char.charCodeAt(0).toString(16).padStart(4, "0")}`,
	);
}

/** Rows of columns, each as wide as its widest entry. */
export function table(rows: readonly (readonly string[])[]): string {
	const widths = (rows[0] ?? []).map((_, column) => Math.max(...rows.map((row) => row[column]!.length)));
	const line = (row: readonly string[]) => row.map((value, column) => value.padEnd(widths[column]!)).join("  ");
	return rows.map((row) => `${line(row).trimEnd()}\n`).join("");
}

/** Bytes as people say them, in powers of 1000 as the hub does: 3.44 GB. */
export function bytesText(bytes: number): string {
	const units = ["B", "kB", "MB", "GB", "TB"];
	const unit = Math.min(bytes > 0 ? Math.floor(Math.log10(bytes) / 3) : 0, units.length - 1);
	const value = bytes / 1000 ** unit;
	return `${unit === 0 ? value : value.toPrecision(3)} ${units[unit]}`;
}

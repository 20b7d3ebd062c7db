/** One SVG element as text; attributes without a value are left out, numbers are rounded to hundredths. */
export function element(
	name: string,
	attributes: Readonly<Record<string, string | number | undefined>>,
	content = "",
): string {
	const written = Object.entries(attributes)
		.filter(([, value]) => value !== undefined)
		.map(([key, value]) => ` ${key}="${typeof value === "number" ? hundredths(value) : escapeText(value!)}"`)
		.join("");
	return content === "" ? `<${name}${written}/>` : `<${name}${written}>${content}</${name}>`;
}

/** Any text as XML, without the characters that XML has no way to write. */
export function escapeText(text: string): string {
	const written = text.toWellFormed().replace(/[^\t\n\r -\ud7ff\ue000-\ufffd\u{10000}-\u{10ffff}]/gu, "\ufffd");
	return written.replace(/[&<>"]/g, (letter) => ENTITIES[letter]!);
}

const ENTITIES: Readonly<Record<string, string>> = { "&": "&amp;", "<": "&lt;", ">": "&gt;", '"': "&quot;" };

export function hundredths(value: number): number {
	return Math.round(value * 100) / 100 || 0;
}

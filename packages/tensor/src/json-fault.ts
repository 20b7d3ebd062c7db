import { shown } from "./shown.ts";

/** Letters shown before and after the place. */
const AROUND = 30;

/** Where and why a text is no JSON, as a short safe text for a message: what stands there, and what the parser says. */
export function jsonFault(source: string, cause: unknown): string {
	const message = cause instanceof Error ? cause.message : String(cause);
	const position = Number(/at position (\d+)/.exec(message)?.[1] ?? 0);
	const from = Math.max(0, position - AROUND);
	const to = Math.max(position + AROUND, 2 * AROUND);
	const near = `${from > 0 ? "…" : ""}${source.slice(from, to)}${to < source.length ? "…" : ""}`;
	// Some of V8's messages repeat a piece of the text.
	const reason = message
		.replace(/, (?:\.\.\.)?".*is not valid JSON$/s, "")
		.replace(/ in JSON|\(line \d+ column \d+\)/g, "");
	return `${shown(near)}: ${reason.trim()}`;
}

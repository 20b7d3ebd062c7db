import { ArgumentError, type TextEncoder } from "@drum/tensor";
import type { Encoders } from "./mix.ts";

/** The fingerprints of encoders as these prompts concern them: without learned tokens that none of them has. */
export function encoderPrints(encoders: Encoders, prompts: readonly string[]): Record<string, string> {
	return Object.fromEntries(Object.entries(encoders).map(([name, encoder]) => [name, printOf(encoder, prompts)]));
}

export function printOf(encoder: TextEncoder, prompts: readonly string[]): string {
	return encoder.fingerprintOf?.(prompts) ?? encoder.fingerprint;
}

/** An encoder's own fingerprint: without what learned tokens add behind a plus, or LoRAs behind a dash. */
function plainPrint(print: string): string {
	return /^[^+-]*/.exec(print)![0];
}

function lorasOf(print: string): string {
	return print.split("-")[1] ?? "";
}

/** Whether a profile's prompts have learned tokens: its fingerprints are then of just these prompts, and of no part of them. */
export function hasLearnedTokens(fingerprints: Readonly<Record<string, string>>): boolean {
	return Object.values(fingerprints).some((print) => print.includes("+"));
}

/** Of a profile of another encoder, or of the same one under other LoRAs or with other learned tokens. */
export function otherEncoder(
	name: string,
	encoder: TextEncoder,
	expected: string,
	found: string | undefined,
): ArgumentError {
	if (found !== undefined && plainPrint(found) === plainPrint(expected)) {
		return lorasOf(found) === lorasOf(expected) ? otherTokens() : otherLoras(encoder.name, expected, found);
	}
	return new ArgumentError({
		what: "profile",
		expected: `one made with this ${encoder.name} (${expected.slice(0, 8)})`,
		found: found ? `one made with another (${found.slice(0, 8)})` : `one without encoder ${name}`,
		next: "Make it again from the history with this model",
	});
}

function otherTokens(): ArgumentError {
	return new ArgumentError({
		what: "profile",
		expected: "one whose prompts have the textual inversions that are loaded",
		found: "one that was made with others",
		next: "Load those that its prompts name, or make it again from the history: a token means what is loaded under it",
	});
}

function otherLoras(name: string, expected: string, found: string): ArgumentError {
	const under = (print: string) => (print.includes("-") ? "under other LoRAs of it or other scales" : "without LoRAs");
	return new ArgumentError({
		what: "profile",
		expected: `one made with ${name} ${expected.includes("-") ? "under the LoRAs of this call, at their scales" : "without LoRAs"}`,
		found: `one made ${under(found)}`,
		next: "Make it again from the history under the call's LoRAs, or give loras with the scales that it was made under (0 turns one off)",
	});
}

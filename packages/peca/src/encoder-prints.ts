import { ArgumentError, type LearnedToken, type TextEncoder } from "@drum/tensor";
import type { Encoders } from "./mix.ts";

/** The fingerprints of encoders for these prompts: without learned tokens that occur in none of them. */
export function encoderPrints(encoders: Encoders, prompts: readonly string[]): Record<string, string> {
	return Object.fromEntries(Object.entries(encoders).map(([name, encoder]) => [name, printOf(encoder, prompts)]));
}

/** The fingerprint of one encoder for these prompts. */
export function printOf(encoder: TextEncoder, prompts: readonly string[]): string {
	return encoder.fingerprintOf?.(prompts) ?? encoder.fingerprint;
}

/** An encoder's own fingerprint, without the parts that learned tokens (after a plus) and LoRAs (after a dash) add. */
function plainPrint(print: string): string {
	return /^[^+-]*/.exec(print)![0];
}

function lorasOf(print: string): string {
	return print.split("-")[1] ?? "";
}

/** The fingerprints of the learned tokens in an encoder's fingerprint. */
function tokensOf(print: string): string[] {
	return print.split("-")[0]!.split("+").slice(1);
}

/** Whether a profile's prompts have learned tokens. If so, its fingerprints are only valid for all its prompts together. */
export function hasLearnedTokens(fingerprints: Readonly<Record<string, string>>): boolean {
	return Object.values(fingerprints).some((print) => print.includes("+"));
}

/** The error for a profile of another encoder, or of the same one with other LoRAs or other learned tokens. */
export function otherEncoder(
	name: string,
	encoder: TextEncoder,
	expected: string,
	found: string | undefined,
): ArgumentError {
	if (found !== undefined && plainPrint(found) === plainPrint(expected)) {
		if (lorasOf(found) !== lorasOf(expected)) return otherLoras(encoder.name, expected, found);
		if (encoder.learnedTokens) return otherTokens(encoder.learnedTokens, expected, found);
	}
	return new ArgumentError({
		what: "profile",
		expected: `one made with this ${encoder.name} (${expected.slice(0, 8)})`,
		found: found ? `one made with another (${found.slice(0, 8)})` : `one without encoder ${name}`,
		next: "Make it again from the history with this model",
	});
}

/** A fingerprint tells which tokens' vectors a profile was made with, but not their names. */
function otherTokens(loaded: readonly LearnedToken[], expected: string, found: string): ArgumentError {
	const [now, then] = [tokensOf(expected), tokensOf(found)];
	const added = now.filter((print) => !then.includes(print));
	const isMissing = then.some((print) => !now.includes(print));
	const names = loaded
		.filter(({ fingerprint }) => added.includes(fingerprint))
		.map(({ token }) => token)
		.join(" and ");
	const again = "make it again from its history";
	if (!isMissing) {
		return new ArgumentError({
			what: "profile",
			expected: `one made with the loaded textual inversion ${names}`,
			found: `one made without it: ${names} was plain text in its prompts`,
			next: `Unload ${names}, or ${again}`,
		});
	}
	return new ArgumentError({
		what: "profile",
		expected: names ? `one made with the loaded textual inversion ${names}` : "one made with loaded textual inversions",
		found: `one made with ${names ? "others" : "one that is not loaded"}`,
		next: `Load only the textual inversions that it was made with, or ${again}`,
	});
}

function otherLoras(name: string, expected: string, found: string): ArgumentError {
	const withLoras = expected.includes("-") ? "with other LoRAs or other scales" : "with LoRAs";
	return new ArgumentError({
		what: "profile",
		expected: `one made with ${name} ${expected.includes("-") ? "and the LoRAs of this call, at their scales" : "and without LoRAs"}`,
		found: `one made ${found.includes("-") ? withLoras : "without LoRAs"}`,
		next: "Make it again from the history with the LoRAs of this call, or set the option loras to the scales that it was made with (0 turns one off)",
	});
}

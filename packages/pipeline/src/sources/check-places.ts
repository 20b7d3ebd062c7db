import { isSource } from "@drum/hub";
import { ArgumentError, isObject, shown, type TextEncoder } from "@drum/tensor";
import type { CheckpointOptions } from "../checkpoint-options.ts";

const PLACE = "a file, a folder or a hub id";
const PLACES: readonly [option: keyof CheckpointOptions, expected: string][] = [
	["config", "a folder or a hub id"],
	["denoiser", PLACE],
	["vae", PLACE],
	["previewVae", PLACE],
];

/**
 * Checks what places parts of a checkpoint are given, before anything is looked for.
 * @throws ArgumentError naming the option that is of another kind
 */
export function checkPlaces(options: CheckpointOptions): void {
	for (const [option, expected] of PLACES) {
		const given: unknown = options[option];
		if (given !== undefined && !isSource(given))
			throw new ArgumentError({ what: option, expected, found: shown(given) });
	}
	const { encoders = {}, schedulerConfig = {} } = options;
	for (const [what, given, expected] of [
		["encoders", encoders, "text encoders by name, { L: … }"],
		["schedulerConfig", schedulerConfig, 'settings by name, { timestep_spacing: "trailing" }'],
	] as const) {
		if (!isObject(given)) throw new ArgumentError({ what, expected, found: shown(given) });
	}
	for (const [name, given] of Object.entries<unknown>(encoders)) {
		if (given === undefined || isOpenEncoder(given) || isSource(given)) continue;
		const expected = `a text encoder, or the place of one: ${PLACE}`;
		throw new ArgumentError({ what: `encoders.${name}`, expected, found: shown(given) });
	}
}

/** Whether an encoder that the user gives is one that is open, and no place of one. */
export function isOpenEncoder(given: unknown): given is TextEncoder {
	return isObject(given) && typeof (given as Partial<TextEncoder>).encode === "function";
}

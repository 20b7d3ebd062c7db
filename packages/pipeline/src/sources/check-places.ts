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
 * Checks the given places of a checkpoint's parts, before looking for anything.
 * @throws ArgumentError that names the option with a value of another kind
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

/** Whether a given encoder is an open one, and not the place of one. */
export function isOpenEncoder(given: unknown): given is TextEncoder {
	return isObject(given) && typeof (given as Partial<TextEncoder>).encode === "function";
}

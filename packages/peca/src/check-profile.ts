import { ArgumentError, shown } from "@drum/tensor";
import { Profile } from "./profile.ts";

/**
 * Checks that a value is a profile, possibly from another copy of this package.
 * @throws ArgumentError for anything else; the message says how to get a profile from it
 */
export function checkProfile(value: unknown): Profile {
	if (Profile.is(value)) return value;
	const [found, next] = mistaken(value);
	throw new ArgumentError({ what: "profile", expected: "a Profile", found, next });
}

/** Describes the value that was given instead of a profile, and says what to do. */
function mistaken(value: unknown): [found: string, next: string] {
	const load = "await drum.loadProfile(…) first";
	if (value === undefined || value === null) return [shown(value), "Make one: await drum.profile(history)"];
	if (typeof value === "string" || value instanceof URL)
		return [`the text ${shown(String(value))}`, `If it is a path, ${load}`];
	if (value instanceof Uint8Array || value instanceof ArrayBuffer) return [shown(value), `Read the bytes: ${load}`];
	if (Array.isArray(value)) return [shown(value), "If it is a history, await drum.profile(history) first"];
	if (typeof value === "object" && "then" in value) return ["a Promise", "Await it: await drum.profile(…)"];
	if (typeof value === "object" && "coreset" in value && "states" in value) {
		return [
			"a copy of a profile's fields",
			"Pass the profile itself; to another thread or a store, pass its toBytes()",
		];
	}
	return [shown(value), "Make one: await drum.profile(history)"];
}

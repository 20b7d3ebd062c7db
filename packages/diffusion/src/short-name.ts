import { isHere } from "./is-here.ts";
import type { ParameterValue } from "./parameter-value.ts";

/** A whole path of any system, not only of this one. */
const PATH = /^(?:~|\.{0,2}[\\/]|[A-Za-z]:[\\/]|file:)|[\\/]models--/i;
/** A repository's, or a file's in it. */
const HUB_ID = /^[\w.-]+\/[\w.-]+(?:\/.+\.safetensors)?$/;
/** How a hub's cache names a repository's folder. */
const CACHED = /^models--(.+?)--(.+)$/;
/** Names that say nothing of the checkpoint: a commit, and where the cache keeps it. */
const REVISION = /^(?:[0-9a-f]{40}|snapshots|refs|blobs)$/i;

/**
 * A checkpoint's name without where it lies: a hub id or a file's path behind one as it is, a hub's cache folder as its hub id, another
 * folder or file by its last name; `undefined` where nothing is left, as of ".".
 */
export function shortName(source: string): string | undefined {
	if (HUB_ID.test(source) && !source.startsWith(".") && !isHere(source)) return source;
	const parts = source.split(/[\\/]+/).filter((part) => part !== "" && part !== "." && part !== "..");
	const cached = parts.flatMap((part) => CACHED.exec(part) ?? []);
	if (cached.length > 0) return `${cached[1]}/${cached[2]}`;
	const last = parts.findLast((part) => !REVISION.test(part) && !/^(?:~.*|[A-Za-z]:|file:)$/.test(part));
	return last;
}

/** Paths by their last names, wherever they stand. */
export function withShortNames(value: ParameterValue): ParameterValue {
	if (typeof value === "string") return PATH.test(value) ? (shortName(value) ?? "") : value;
	if (typeof value !== "object" || value === null) return value;
	if (Array.isArray(value)) return value.map(withShortNames);
	return Object.fromEntries(
		Object.entries(value).map(([name, each]) => [withShortNames(name) as string, withShortNames(each)]),
	);
}

/** The names of checkpoints and parts of them, wherever they stand. */
export function shortNamesIn(value: ParameterValue): ParameterValue {
	if (typeof value === "string") return shortName(value) ?? "";
	if (typeof value !== "object" || value === null) return value;
	if (Array.isArray(value)) return value.map(shortNamesIn);
	return Object.fromEntries(Object.entries(value).map(([name, each]) => [shortName(name) ?? "", shortNamesIn(each)]));
}

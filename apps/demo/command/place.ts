import { resolve } from "node:path";
import type { DatabasePlace } from "@drum/database";
import { ArgumentError } from "@drum/tensor";
import { expandPath } from "@drum/tensor/node";

export interface PlaceOptions {
	/** The folder of the embedded database. */
	data?: string | undefined;
}

export const DATA_FLAG = "--data <folder>";
export const DATA_TEXT =
	"folder for all data, unless DATABASE_URL names a server (default: DRUM_DATA, or ./drum-demo-data)";

/**
 * Where the database is.
 * @throws ArgumentError where the options and the environment do not fit together
 */
export function placeOf({ data }: PlaceOptions, env: NodeJS.ProcessEnv): DatabasePlace {
	const { DATABASE_URL: url, DRUM_DATA } = env;
	if (!url) return { folder: resolve(expandPath(data ?? (DRUM_DATA || "drum-demo-data"), env)) };
	if (data !== undefined) {
		throw new ArgumentError({
			...{ what: "--data", expected: "no folder, since DATABASE_URL names a server", found: data },
			next: "Leave one of the two out",
		});
	}
	if (!/^postgres(ql)?:\/\//.test(url)) {
		// What is wrong may hold a password: it is not shown.
		throw new ArgumentError({ what: "DATABASE_URL", expected: "postgres://user:password@host:port/database" });
	}
	return { url };
}

/**
 * Where a server's database is, for what more than one process is to share.
 * @throws ArgumentError where there is none
 */
export function sharedPlaceOf(env: NodeJS.ProcessEnv): DatabasePlace {
	const place = placeOf({}, env);
	if ("url" in place) return place;
	throw new ArgumentError({
		what: "DATABASE_URL",
		expected: "a Postgres server, because only one process can use the embedded database",
		found: "none",
		next: "Without a server, `serve` draws in its own process",
	});
}

import { join } from "node:path";
import type { RunStore } from "@drum/eval-runs";
import type { Surroundings } from "../surroundings.ts";

/** Where a run is kept: on a server, or embedded in its folder. */
export function placeOf(
	{ database }: { database?: string | undefined },
	folder: string,
	{ env }: Pick<Surroundings, "env">,
): Parameters<typeof RunStore.open>[0] {
	const url = database ?? (env.DATABASE_URL || undefined);
	return url === undefined ? { folder: join(folder, "database") } : { url };
}

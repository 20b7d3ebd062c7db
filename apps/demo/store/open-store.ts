import { type Database, type DatabasePlace, openDatabase } from "@drum/database";
import { up as begin } from "./migrations/0001-begin.ts";
import { up as features } from "./migrations/0002-features.ts";
import { up as warnings } from "./migrations/0003-warnings.ts";
import { up as requests } from "./migrations/0004-requests.ts";
import { up as sessions } from "./migrations/0005-sessions.ts";
import { up as bounds } from "./migrations/0006-bounds.ts";
import { up as turns } from "./migrations/0007-turns.ts";
import { up as addObjects } from "./migrations/0008-objects.ts";
import { up as room } from "./migrations/0009-room.ts";
import { up as inputs } from "./migrations/0010-inputs.ts";
import { up as dislikes } from "./migrations/0011-dislikes.ts";
import { up as namedProfiles } from "./migrations/0012-named-profiles.ts";
import { up as removals } from "./migrations/0013-removals.ts";
import { Objects, type ObjectsOptions } from "./objects/objects.ts";
import type { Tables } from "./tables.ts";

export interface Store extends Database<Tables> {
	/** Where pictures and profiles go; without, they are in the database. */
	readonly objects: Objects | undefined;
}

/** Opens the service's database, and brings its tables up to date. */
export async function openStore(place: DatabasePlace, objects?: ObjectsOptions): Promise<Store> {
	const database = await openDatabase<Tables>(place, {
		migrations: {
			"0001-begin": { up: begin },
			"0002-features": { up: features },
			"0003-warnings": { up: warnings },
			"0004-requests": { up: requests },
			"0005-sessions": { up: sessions },
			"0006-bounds": { up: bounds },
			"0007-turns": { up: turns },
			"0008-objects": { up: addObjects },
			"0009-room": { up: room },
			"0010-inputs": { up: inputs },
			"0011-dislikes": { up: dislikes },
			"0012-named-profiles": { up: namedProfiles },
			"0013-removals": { up: removals },
		},
	});
	return Object.assign(database, { objects: objects && new Objects(database, objects) });
}

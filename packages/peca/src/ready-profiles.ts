import type { ReadyReferences } from "./adapter.ts";
import type { Profile } from "./profile.ts";

/** A profile's references as each adapter has prepared them, by encoder and skip. */
export type Ready = ReadonlyMap<string, ReadyReferences>;

interface Entry {
	readonly ready: Promise<Ready>;
	/** The result of `ready`, once it is there. */
	made?: Ready;
	/** Resolves when no call uses the references any more. */
	busy: Promise<void>;
}

/** How many prepared profiles are kept. One more replaces the least recently used. */
const MOST = 4;

/** Prepares profiles at their first use, and never frees one that a call still uses. */
export class ReadyProfiles {
	readonly #make: (profile: Profile) => Promise<Ready>;
	/** The least recently used comes first. */
	readonly #entries = new Map<Profile, Entry>();

	/** @param make prepares a profile, once for all calls that wait for it, so no call can cancel it */
	constructor(make: (profile: Profile) => Promise<Ready>) {
		this.#make = make;
	}

	/** Runs `task` with the profile's references, which are kept until it ends. */
	use<T>(profile: Profile, task: (ready: Ready) => Promise<T>): Promise<T> {
		const entry = this.#entry(profile);
		const result = entry.ready.then(task);
		const ended = result.then(nothing, nothing);
		entry.busy = Promise.all([entry.busy, ended]).then(nothing);
		return result;
	}

	/** Frees all profiles, once the calls that use them have ended. */
	async clear(): Promise<void> {
		await Promise.all([...this.#entries.keys()].map((profile) => this.#drop(profile)));
	}

	#entry(profile: Profile): Entry {
		const known = this.#known(profile);
		// Deleting and adding the entry makes it the most recently used.
		this.#entries.delete(profile);
		for (const oldest of this.#entries.keys()) {
			if (this.#entries.size < MOST) break;
			// This fails if the runtime has ended, which has freed them.
			this.#drop(oldest).catch(nothing);
		}
		const entry: Entry = known ?? { ready: this.#make(profile), busy: Promise.resolve() };
		this.#entries.set(profile, entry);
		entry.ready.then(
			(made) => {
				entry.made = made;
			},
			() => {
				if (this.#entries.get(profile) === entry) this.#entries.delete(profile);
			},
		);
		return entry;
	}

	/** The profile's entry, unless its references were lost with the runtime. */
	#known(profile: Profile): Entry | undefined {
		const entry = this.#entries.get(profile);
		const isLost = [...(entry?.made?.values() ?? [])].some(({ lost }) => lost);
		return isLost ? undefined : entry;
	}

	async #drop(profile: Profile): Promise<void> {
		const entry = this.#entries.get(profile)!;
		this.#entries.delete(profile);
		await entry.busy;
		const ready = await entry.ready.catch(() => new Map<string, ReadyReferences>());
		await releaseAll(ready);
	}
}

export async function releaseAll(ready: Ready): Promise<void> {
	await Promise.all([...ready.values()].map((each) => each.release()));
}

function nothing(): void {}

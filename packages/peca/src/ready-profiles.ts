import type { ReadyReferences } from "./adapter.ts";
import type { Profile } from "./profile.ts";

/** A profile's references, made ready by each adapter that reads them. */
export type Ready = ReadonlyMap<string, ReadyReferences>;

interface Entry {
	readonly ready: Promise<Ready>;
	/** The same once they are there. */
	made?: Ready;
	/** Ends when no call reads the references any more. */
	busy: Promise<void>;
}

/** Profiles kept ready; beyond them the one used longest ago is let go. */
const MOST = 4;

/** Makes profiles ready when they are first used, and frees none that a call still reads. */
export class ReadyProfiles {
	readonly #make: (profile: Profile) => Promise<Ready>;
	/** The one used longest ago comes first. */
	readonly #entries = new Map<Profile, Entry>();

	/** A profile is made ready once for all calls that wait for it, so none of them can cancel that. */
	constructor(make: (profile: Profile) => Promise<Ready>) {
		this.#make = make;
	}

	/** Runs `task` with the profile's references, which stay until it ends. */
	use<T>(profile: Profile, task: (ready: Ready) => Promise<T>): Promise<T> {
		const entry = this.#entry(profile);
		const result = entry.ready.then(task);
		const ended = result.then(nothing, nothing);
		entry.busy = Promise.all([entry.busy, ended]).then(nothing);
		return result;
	}

	/** Lets go of all profiles, once the calls that read them have ended. */
	async clear(): Promise<void> {
		await Promise.all([...this.#entries.keys()].map((profile) => this.#drop(profile)));
	}

	#entry(profile: Profile): Entry {
		const known = this.#known(profile);
		// Taken out and put back, it is the one used last.
		this.#entries.delete(profile);
		for (const oldest of this.#entries.keys()) {
			if (this.#entries.size < MOST) break;
			// It fails where the runtime has ended, which has freed them.
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

	/** What is ready, unless it went with the runtime. */
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

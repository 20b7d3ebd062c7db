import type { Profile } from "@drum/pipeline";

/** Profiles used lately, by their ids: what a model made ready for one serves it as long as it is the same object. */
export class ProfileMemory {
	readonly #most: number;
	readonly #profiles = new Map<string, Profile>();

	constructor(most = 2) {
		this.#most = most;
	}

	/** The profile of that id, read where it is not known; undefined where there is none. */
	async get(id: string, read: () => Promise<Profile | undefined>): Promise<Profile | undefined> {
		const profile = this.#profiles.get(id) ?? (await read());
		if (profile) this.put(id, profile);
		return profile;
	}

	put(id: string, profile: Profile): void {
		// Taken out and put back, it is the one used last.
		this.#profiles.delete(id);
		this.#profiles.set(id, profile);
		for (const oldest of this.#profiles.keys()) {
			if (this.#profiles.size <= this.#most) break;
			this.#profiles.delete(oldest);
		}
	}
}

import type { NamedProfile, NamedProfileChange, NewNamedProfile } from "../../../api/index.ts";
import { asFailure, type Failure } from "../service/failure.ts";
import { service } from "../service/service.ts";
import { draft } from "./draft.svelte.ts";

/** The user's tastes under names. */
class NamedProfiles {
	all = $state.raw<readonly NamedProfile[]>([]);
	busy = $state(false);
	failure = $state<Failure>();

	load = () =>
		this.#try(async () => {
			this.all = await service.namedProfiles();
		});

	create = (profile: NewNamedProfile) =>
		this.#try(async () => {
			const made = await service.createNamedProfile(profile);
			this.all = [...this.all, made];
			draft.named = { id: made.id, name: made.name };
		});

	change = (id: string, change: NamedProfileChange) =>
		this.#try(async () => {
			const changed = await service.changeNamedProfile(id, change);
			this.all = this.all.map((each) => (each.id === id ? changed : each));
		});

	remove = (id: string) =>
		this.#try(async () => {
			await service.deleteNamedProfile(id);
			this.all = this.all.filter((each) => each.id !== id);
			if (draft.named?.id === id) draft.named = undefined;
		});

	async #try(act: () => Promise<void>): Promise<boolean> {
		this.busy = true;
		this.failure = undefined;
		try {
			await act();
			return true;
		} catch (error) {
			this.failure = asFailure(error);
			return false;
		} finally {
			this.busy = false;
		}
	}
}

export const namedProfiles = new NamedProfiles();

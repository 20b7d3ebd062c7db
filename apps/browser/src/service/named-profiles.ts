import type { NamedProfile, NamedProfileChange, NewNamedProfile } from "@drum/demo/api";
import type { Histories } from "./histories.ts";
import { notFound } from "./histories.ts";
import type { Store } from "./store.ts";

const DIGITS = "0123456789abcdefghjkmnpqrstvwxyz";
const LENGTH = 10;

/** Tastes under names, of this browser's histories. There is nobody to share them with here. */
export class NamedProfiles {
	readonly #store: Store;
	readonly #histories: Histories;

	constructor(store: Store, histories: Histories) {
		this.#store = store;
		this.#histories = histories;
	}

	/** Oldest first. */
	async list(): Promise<NamedProfile[]> {
		return (await this.#store.all("named")).sort((a, b) => a.createdAt.localeCompare(b.createdAt));
	}

	/** @throws Failure where there is none. */
	async get(id: string): Promise<NamedProfile> {
		const profile = await this.#store.get("named", id);
		if (!profile) throw notFound("named profile");
		return profile;
	}

	/** @throws Failure where a part's history is gone. */
	async create({ name, parts, shared = false }: NewNamedProfile): Promise<NamedProfile> {
		for (const { historyId } of parts) await this.#histories.get(historyId);
		const weighed = parts.map(({ historyId, weight = 1 }) => ({ historyId, weight }));
		const profile = { id: newCode(), name, parts: weighed, shared, createdAt: new Date().toISOString() };
		await this.#store.put("named", profile);
		return profile;
	}

	/** @throws Failure where there is none. */
	async change(id: string, { name, shared }: NamedProfileChange): Promise<NamedProfile> {
		const profile = await this.get(id);
		const changed = { ...profile, ...(name !== undefined && { name }), ...(shared !== undefined && { shared }) };
		await this.#store.put("named", changed);
		return changed;
	}

	/** @throws Failure where there is none. */
	async delete(id: string): Promise<void> {
		await this.get(id);
		await this.#store.delete("named", id);
	}
}

function newCode(): string {
	return Array.from(crypto.getRandomValues(new Uint8Array(LENGTH)), (byte) => DIGITS[byte % DIGITS.length]!).join("");
}

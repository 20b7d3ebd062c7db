import type { Command } from "commander";
import { StorageAway } from "../store/objects/bucket.ts";
import type { Store } from "../store/open-store.ts";
import { addUser, listUsers, removeUser, replaceToken } from "../store/users.ts";
import { openFor } from "./open-place.ts";
import { DATA_FLAG, DATA_TEXT, type PlaceOptions } from "./place.ts";
import type { Surroundings } from "./surroundings.ts";

export function addUserCommands(program: Command, { env, out, say }: Surroundings): void {
	const user = program.command("user").description("Manages who may use a service that requires tokens.");
	const inStore = async (options: PlaceOptions, task: (store: Store) => Promise<void>): Promise<void> => {
		await using store = await openFor(options, { env, say });
		await task(store);
	};
	user
		.command("add <name>")
		.description("Adds a user and prints the token. It is not stored and cannot be shown again.")
		.option(DATA_FLAG, DATA_TEXT)
		.action((name: string, options: PlaceOptions) =>
			inStore(options, async (store) => {
				const { token } = await addUser(store, name);
				say(`The token of ${name}, shown this once:`);
				out(token);
			}),
		);
	user
		.command("token <name>")
		.description("Replaces a user's token, and prints the new one. The old one and the user's sessions end.")
		.option(DATA_FLAG, DATA_TEXT)
		.action((name: string, options: PlaceOptions) =>
			inStore(options, async (store) => {
				const token = await replaceToken(store, name);
				say(`The new token of ${name}, shown this once:`);
				out(token);
			}),
		);
	user
		.command("list")
		.description("Lists the users, oldest first.")
		.option(DATA_FLAG, DATA_TEXT)
		.action((options: PlaceOptions) =>
			inStore(options, async (store) => {
				for (const { name, createdAt } of await listUsers(store)) out(`${createdAt.toISOString()}\t${name}`);
			}),
		);
	user
		.command("remove <name>")
		.description("Removes a user with all their data: histories, profiles, jobs, pictures.")
		.option(DATA_FLAG, DATA_TEXT)
		.action((name: string, options: PlaceOptions) =>
			inStore(options, async (store) => {
				await removeUser(store, name);
				try {
					await store.objects?.sweep();
				} catch (error) {
					if (!(error instanceof StorageAway)) throw error;
					say("Their files are removed as soon as the store of objects answers a running service");
				}
			}),
		);
}

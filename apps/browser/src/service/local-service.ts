import type { AddedEntries, Job, Preview } from "@drum/demo/api";
import { Failure } from "@drum/demo/page/failure";
import type { Events, Handlers, SentFile, Service } from "@drum/demo/page/service";
import { makeSamples } from "@drum/demo/server/samples";
import type { Drawing } from "../drawing/thread.ts";
import { Histories } from "./histories.ts";
import { Jobs } from "./jobs.ts";
import { NamedProfiles } from "./named-profiles.ts";
import { Pictures } from "./pictures.ts";
import { Profiles } from "./profiles.ts";
import type { Store } from "./store.ts";

/** Nobody signs in: what there is belongs to whoever uses this browser. */
const USER = { id: "00000000-0000-4000-8000-000000000000", name: "you" };
const NEAREST = 5;

/** What tabs of the page tell each other. */
type Change = { job: Job } | { preview: Preview } | { deleted: string } | { cancel: string } | { historyId: string };

/** The service in the page's own tab: nothing leaves it. */
export function localService(store: Store, drawing: Drawing): { service: Service; events: Events } {
	const tabs = new BroadcastChannel("drum");
	let handlers: Handlers | undefined;

	const histories = new Histories(store);
	const profiles = new Profiles(store);
	const pictures = new Pictures(store);
	const named = new NamedProfiles(store, histories);
	const say = (change: Change) => tabs.postMessage(change);
	const jobs = new Jobs(
		{ store, drawing, histories, profiles, pictures, named },
		{
			job(job) {
				handlers?.job(job);
				say({ job });
			},
			preview(preview) {
				handlers?.preview(preview);
				say({ preview });
			},
		},
	);
	tabs.onmessage = async ({ data }: MessageEvent<Change>) => {
		if ("job" in data) {
			await pictures.show(data.job);
			handlers?.job(data.job);
		} else if ("preview" in data) handlers?.preview(data.preview);
		else if ("cancel" in data) jobs.cancel(data.cancel);
		else if ("deleted" in data) handlers?.deleted({ jobId: data.deleted });
		else handlers?.history({ historyId: data.historyId });
	};
	globalThis.addEventListener?.("pagehide", () => jobs.leave());
	/** Tells the other tabs of a history that has changed. */
	const told = async <Answer>(historyId: string, change: Promise<Answer>): Promise<Answer> => {
		const answer = await change;
		say({ historyId });
		return answer;
	};

	/** The same where a prompt may be gone: profiles that tell of it go too. */
	const removed = (historyId: string, change: Promise<unknown>): Promise<void> =>
		told(
			historyId,
			change.then(() => profiles.forgetRemoved()),
		);
	// What a tab that was closed has left; where this fails, the next removal does it.
	profiles.forgetRemoved().catch(() => {});

	const service: Service = {
		about: "Everything happens in this tab: nothing that you write or draw leaves your device.",
		session: async () => ({ user: USER, auth: "off" }),
		signIn: async () => ({ user: USER, auth: "off" }),
		signOut: async () => {},
		whenSignedOut: () => {},
		models: () => drawing.models(),
		samples: async () => makeSamples(),

		histories: () => histories.list(),
		history: async (id) => {
			const { entries, ...history } = await histories.get(id);
			return { ...history, count: entries.length, entries };
		},
		createHistory: async (history) => {
			const made = await histories.create(history);
			return told(made.id, Promise.resolve(made));
		},
		renameHistory: (id, name) => told(id, histories.rename(id, name)),
		deleteHistory: (id) => removed(id, histories.delete(id)),
		addEntries: async (id, items) => void (await told(id, histories.add(id, items))),
		importEntries: async (id: string, file: SentFile): Promise<AddedEntries> => {
			// Its readers are as large as the page.
			const { readHistoryFile } = await import("./read-history-file.ts");
			const { items, warnings } = await readHistoryFile(file);
			return { entries: await told(id, histories.add(id, items)), warnings };
		},
		caption: async () => {
			const detail = "Nothing here describes pictures. Write in words what you like about it.";
			throw new Failure("The picture does not tell a prompt", 409, detail);
		},
		changeEntry: (id, entryId, change) => removed(id, histories.change(id, entryId, change)),
		deleteEntry: (id, entryId) => removed(id, histories.remove(id, entryId)),
		similar: (id, entryId, model) => profiles.similar(id, entryId, model, NEAREST),

		namedProfiles: () => named.list(),
		createNamedProfile: (profile) => named.create(profile),
		changeNamedProfile: (id, change) => named.change(id, change),
		deleteNamedProfile: (id) => named.delete(id),

		submit: (order) => jobs.submit(order),
		jobs: (limit, before) => jobs.page(limit, before),
		job: (id) => jobs.get(id),
		cancelJob: async (id) => (jobs.has(id) ? jobs.cancel(id) : say({ cancel: id })),
		deleteJob: async (id) => {
			await jobs.delete(id);
			say({ deleted: id });
		},

		profile: (id) => profiles.view(id),
		profileFile: (id) => profiles.urlOf(id),
		pictureFile: (url) => pictures.urlOf(url),
		pictureAs: async (url, format) => {
			const { pictureAs } = await import("./picture-as.ts");
			return pictureAs(await pictures.shared(url), format);
		},
		picture: (url) => pictures.whole(url),
	};
	const events: Events = {
		// There is nothing to wait for.
		state: "open",
		start: (_, to) => {
			handlers = to;
		},
		stop: () => {
			handlers = undefined;
		},
	};
	return { service, events };
}

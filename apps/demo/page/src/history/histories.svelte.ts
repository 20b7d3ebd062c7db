import type { Entry, History, HistorySummary, Item } from "../../../api/index.ts";
import { keep, kept } from "../frame/keep.ts";
import { notices } from "../frame/notices.svelte.ts";
import { asFailure, type Failure } from "../service/failure.ts";
import { service } from "../service/service.ts";
import { notImported, tell } from "./history-failures.ts";
import { type HistoryFile, historyName, openHistoryFile } from "./history-file.ts";

const KEY = "history";
/** Changes that come in a row, as of an import, are read once. */
const PAUSE = 200;
const GONE = 404;

/** The user's histories, and the one that is open; changes made elsewhere are followed. */
class Histories {
	all = $state<HistorySummary[]>([]);
	open = $state<History>();
	state = $state<"loading" | "ready" | "failed">("loading");
	failure = $state<Failure>();
	/** Grows with every change of an entry: what was made of the history before is then out of date. */
	revision = $state(0);
	busy = $state(false);
	/** Histories and entries that are taken away here, and not yet deleted: that can still be undone. */
	#away = new Set<string>();
	#timer: ReturnType<typeof setTimeout> | undefined;

	/** Whether any prompt of the open history is liked: without one there is nothing to steer by. */
	get hasTaste(): boolean {
		return this.open?.entries.some(({ intensity }) => intensity !== 0) ?? false;
	}

	/** Whether something of the open history is disliked. */
	get hasDislikes(): boolean {
		return this.open?.entries.some(({ intensity }) => intensity < 0) ?? false;
	}

	async load(): Promise<void> {
		this.state = "loading";
		try {
			this.all = await service.histories();
			const last = this.all.find(({ id }) => id === kept(KEY)) ?? this.all[0];
			this.open = last && (await service.history(last.id));
			this.state = "ready";
		} catch (error) {
			this.failure = asFailure(error);
			this.state = "failed";
		}
	}

	/** Something has changed, here or in another page of the user. */
	heard(): void {
		clearTimeout(this.#timer);
		this.#timer = setTimeout(() => void this.#follow(), PAUSE);
	}

	choose = (id: string) =>
		this.#try(async () => {
			await notices.settle();
			this.open = await service.history(id);
			keep(KEY, id);
		});

	create = (name: string, items: readonly Item[] = []) =>
		this.#try(async () => {
			const { id } = await service.createHistory({ name, items: [...items] });
			await this.#refresh(id);
		});

	rename = (name: string) =>
		this.#try(async () => {
			await service.renameHistory(this.open!.id, name);
			await this.#refresh(this.open!.id);
		});

	/** Takes the open history away; it is deleted once that can no longer be undone. */
	remove(): void {
		const { id, name } = this.open!;
		const before = this.all;
		this.#away.add(id);
		this.all = this.all.filter((each) => each.id !== id);
		this.open = undefined;
		const next = this.all[0];
		if (next) void this.choose(next.id).then(ask);
		else ask();

		function ask(): void {
			notices.undoable(
				`“${name}” deleted`,
				(leaving) => histories.#end(id, service.deleteHistory(id, leaving)),
				() => {
					histories.#away.delete(id);
					histories.all = before;
					void histories.choose(id);
				},
			);
		}
	}

	add = (items: readonly Item[]) =>
		this.#try(async () => {
			await service.addEntries(this.open!.id, [...items]);
			this.revision++;
			await this.#refresh(this.open!.id);
		});

	createFrom = (file: File, name: string) =>
		this.#try(async () => {
			const sent = await openHistoryFile(file);
			const { id } = await service.createHistory({ name: name || historyName(sent.name), items: [] });
			try {
				await this.#send(id, sent);
			} catch (error) {
				await service.deleteHistory(id);
				throw error;
			}
		});

	/** Adds a file's prompts to the open history, or makes one of it where none is open. */
	importFile = (file: File) =>
		this.open
			? this.#try(async () => this.#send(this.open!.id, await openHistoryFile(file)))
			: this.createFrom(file, "");

	change(entry: Entry, change: Partial<Item>): Promise<boolean> {
		const before = { ...entry };
		Object.assign(entry, change);
		this.revision++;
		const { id } = this.open!;
		return this.#try(async () => {
			try {
				await service.changeEntry(id, entry.id, change);
			} catch (error) {
				Object.assign(entry, before);
				throw error;
			}
		});
	}

	/** Deletes an entry at once. */
	drop = (entry: Entry) =>
		this.#try(async () => {
			const { id } = this.open!;
			await service.deleteEntry(id, entry.id);
			this.revision++;
			await this.#refresh(id);
		});

	/** Takes an entry away; it is deleted once that can no longer be undone. */
	removeEntry(entry: Entry): void {
		const history = this.open!;
		const place = history.entries.indexOf(entry);
		history.entries.splice(place, 1);
		this.#away.add(entry.id);
		this.revision++;
		notices.undoable(
			`“${entry.prompt}” deleted`,
			(leaving) => this.#end(entry.id, service.deleteEntry(history.id, entry.id, leaving)),
			() => {
				this.#away.delete(entry.id);
				this.revision++;
				if (this.open?.id === history.id) this.open.entries.splice(place, 0, entry);
			},
		);
	}

	async #send(id: string, { name, ...sent }: HistoryFile): Promise<void> {
		const { entries, warnings } = await service.importEntries(id, sent).catch((error) => {
			throw notImported(name, asFailure(error));
		});
		this.revision++;
		await this.#refresh(id);
		const text = `${entries.length} ${entries.length === 1 ? "prompt" : "prompts"} added from “${name}”`;
		const detail = warnings.map(({ message }) => `${message}.`).join("\n");
		notices.show(text, { ...(detail && { detail, stays: true }) });
	}

	/** After changes, with what is waiting to be deleted gone. */
	async #refresh(id: string): Promise<void> {
		await notices.settle();
		[this.all, this.open] = await Promise.all([service.histories(), service.history(id)]);
		keep(KEY, id);
	}

	/** Reads what has changed. What is away here stays away, and what is changed here meanwhile is read again. */
	async #follow(): Promise<void> {
		if (this.state !== "ready") return;
		if (this.busy) return this.heard();
		const { revision, open } = this;
		try {
			const all = (await service.histories()).filter(({ id }) => !this.#away.has(id));
			const summary = all.find(({ id }) => id === open?.id);
			const next = open ? summary : all[0];
			const read = next && (await service.history(next.id));
			if (this.busy || this.revision !== revision || this.open !== open) return this.heard();
			this.all = all;
			if (read) this.#show(read);
			else if (open) this.#lose(open);
		} catch (error) {
			// Out of reach, it is read again when events come again.
			if (asFailure(error).status === GONE) this.heard();
		}
	}

	/** Shows a history as the service has it; one that is the same stays, with all that was made of it. */
	#show(read: History): void {
		const entries = read.entries.filter(({ id }) => !this.#away.has(id));
		const same = this.open?.id === read.id && JSON.stringify(this.open.entries) === JSON.stringify(entries);
		if (same) Object.assign(this.open!, { ...read, entries: this.open!.entries });
		else {
			this.open = { ...read, entries };
			this.revision++;
		}
	}

	#lose({ id, name }: History): void {
		if (this.#away.has(id)) return;
		this.open = undefined;
		notices.show(`“${name}” was deleted in another page`);
		this.heard();
	}

	async #end(id: string, deletion: Promise<void>): Promise<void> {
		try {
			await deletion;
		} catch (error) {
			// Deleted elsewhere, it is gone as it should be.
			if (asFailure(error).status !== GONE) tell(error);
		} finally {
			this.#away.delete(id);
		}
	}

	async #try(work: () => Promise<void>): Promise<boolean> {
		this.busy = true;
		try {
			await work();
			return true;
		} catch (error) {
			tell(error);
			// What is gone was deleted in another page.
			if (asFailure(error).status === GONE) this.heard();
			return false;
		} finally {
			this.busy = false;
		}
	}
}

export const histories = new Histories();

import type { Component } from "svelte";
import type {
	AddedEntries,
	Caption,
	History,
	HistorySummary,
	Item,
	Job,
	JobPage,
	Model,
	NamedProfile,
	NamedProfileChange,
	NewHistory,
	NewJob,
	NewNamedProfile,
	ProfileView,
	Sample,
	ServerEvents,
	Session,
	SimilarEntries,
} from "../../../api/index.ts";

/** A history's file, which is read where the history is kept. */
export interface SentFile {
	type: "text/csv" | "text/tab-separated-values" | "application/x-ndjson";
	body: Blob;
}

/** What the page works with: a server, or code in the same tab. All calls throw a `Failure`. */
export interface Service {
	/** A line for the visitor on where things happen. */
	readonly about?: string;
	session(): Promise<Session>;
	signIn(token: string): Promise<Session>;
	signOut(): Promise<void>;
	/** Sets what happens when a call finds that the session has ended. */
	whenSignedOut(act: () => void): void;
	models(): Promise<Model[]>;
	samples(): Promise<Sample[]>;

	histories(): Promise<HistorySummary[]>;
	createHistory(history: NewHistory): Promise<HistorySummary>;
	history(id: string): Promise<History>;
	renameHistory(id: string, name: string): Promise<void>;
	/** With `leaving` the deletion outlives the page. */
	deleteHistory(id: string, leaving?: boolean): Promise<void>;
	addEntries(id: string, items: Item[]): Promise<void>;
	importEntries(id: string, file: SentFile): Promise<AddedEntries>;
	/** A prompt for a liked picture, a file of PNG, JPEG or WebP; nothing of it is kept. */
	caption(picture: Blob): Promise<Caption>;
	changeEntry(id: string, entryId: string, change: Partial<Item>): Promise<void>;
	deleteEntry(id: string, entryId: string, leaving?: boolean): Promise<void>;
	/** The five nearest. */
	similar(id: string, entryId: string, model: string, signal: AbortSignal): Promise<SimilarEntries>;

	/** Oldest first. */
	namedProfiles(): Promise<NamedProfile[]>;
	createNamedProfile(profile: NewNamedProfile): Promise<NamedProfile>;
	changeNamedProfile(id: string, change: NamedProfileChange): Promise<NamedProfile>;
	deleteNamedProfile(id: string): Promise<void>;

	/** The key makes a repeated request the same job. */
	submit(job: NewJob, key: string): Promise<Job>;
	jobs(limit: number, before?: string): Promise<JobPage>;
	job(id: string): Promise<Job>;
	cancelJob(id: string): Promise<void>;
	deleteJob(id: string, leaving?: boolean): Promise<void>;

	profile(id: string): Promise<ProfileView>;
	/** Where a profile's file is, once `profile` has given its view. */
	profileFile(id: string): string;
	/** Where a picture's file is, by its `url`. */
	pictureFile(url: string): string;
	/** The same picture in another format, which tells what its PNG file tells. */
	pictureAs(url: string, format: "jpeg" | "webp"): Promise<Blob>;
	/** A picture's file with all that it tells of how it was made, also the prompts that steered it. */
	picture(url: string): Promise<Uint8Array>;
}

/** What the page does when something changes. */
export type Handlers = { [Name in keyof ServerEvents]: (data: ServerEvents[Name]) => void } & {
	/** Called when events come again after a gap; what ended within it was missed. */
	resumed: () => void;
	/** Called when the service refuses the events, as it does when a session has ended. */
	refused: () => void;
};

/** Changes as they happen. */
export interface Events {
	/** `waiting` until events come, or come again. Reactive. */
	readonly state: "off" | "waiting" | "open";
	/** @param userId whose events they are */
	start(userId: string, handlers: Handlers): void;
	stop(): void;
}

export let service: Service;
export let events: Events;
/** Shown next to the choice of a model, where there are ways to more of them. */
export let moreModels: Component | undefined;

/** Sets what the page works with: to be called before the page is mounted. */
export function connect(to: { service: Service; events: Events; moreModels?: Component }): void {
	({ service, events, moreModels } = to);
}

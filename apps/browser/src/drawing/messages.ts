import type {
	Entry,
	JobProgress,
	JobRequest,
	Model,
	NewPictures,
	Preview,
	Problem,
	ProfileView,
	Warning,
} from "@drum/demo/api";
import type { ModelExtent } from "../larger/extent.ts";
import type { TriedGpu } from "../larger/try-gpu.ts";

/** A picture's file of the user's own, in base64. */
type Inputs = Pick<NewPictures, "image" | "mask">;

/** What is to be made. */
export interface Order {
	jobId: string;
	request: JobRequest;
	/** What the job begins from, in base64. */
	inputs: Inputs;
	/** Of a job with a history: what its profile is made of, or the profile. */
	steering?: { entries: readonly Entry[]; known?: { id: string; file: Blob } | undefined } | undefined;
	/** Of a job with a named profile: the histories that it is made of. */
	blend?: readonly { entries: readonly Entry[]; weight: number }[] | undefined;
	/** Seed of a request that leaves it open. */
	seed: number;
}

/** What a profile is kept and shown by. */
export interface MadeProfile {
	picks: ProfileView["picks"];
	map: ProfileView["map"];
	variance: ProfileView["variance"];
	features: Float32Array;
	file: Blob;
	warnings: Warning[];
}

export interface MadePicture {
	place: number;
	alpha: number;
	width: number;
	height: number;
	file: Blob;
	whole: Blob;
	warnings: Warning[];
}

/** What the thread sends while it works at an order. */
export type News =
	| { progress: JobProgress }
	| { preview: Omit<Preview, "jobId"> }
	| { profile: MadeProfile }
	| { picture: MadePicture };

/** What the page asks of the thread besides pictures, by name. */
export interface Calls {
	/** Those that are here. */
	models(): Model[];
	tryGpu(): TriedGpu;
	/** What a larger model takes, as the hub lists it; without one, as it was listed last. */
	extent(id: string, hub: string | undefined): ModelExtent;
	/** Fetches a larger model, and sends `Fetching` messages meanwhile. */
	bring(id: string, hub: string): void;
	remove(id: string): void;
}

/** How far a larger model is, in bytes; or what is waited for. */
export type Fetching = { done: number; total: number } | { waiting: string };

/** One of the calls. */
export type Call = {
	[Name in keyof Calls]: { name: Name; given: Parameters<Calls[Name]> };
}[keyof Calls];

/** From the page to the thread that draws; `cancel` names a job or a call. */
export type Asked = { draw: Order } | { call: Call; id: string } | { cancel: string };
/** And back; `done` ends an order or a call, well or not. */
export type Told =
	| { id: string; news: News | Fetching }
	| { id: string; done: true; answer?: unknown; problem?: Problem; cancelled?: true };

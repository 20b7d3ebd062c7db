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

/** From the page to the thread that draws. */
export type Asked = { models: true } | { draw: Order } | { cancel: string };
/** And back; `done` ends an order, well or not. */
export type Told =
	| { models: Model[] }
	| { failed: Problem }
	| { jobId: string; news: News }
	| { jobId: string; done: true; problem?: Problem; cancelled?: true };

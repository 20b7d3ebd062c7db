import * as z from "zod";
import { Prompt, Text } from "./history.ts";
import { ProfileCode } from "./named-profile.ts";
import { Problem } from "./problem.ts";
import { Warning } from "./warning.ts";

/** How much of a history the coreset keeps, by one of the two; without either a tenth, but at least 8 prompts or all. */
const Sampling = {
	ratio: z.number().gt(0).max(1).optional(),
	size: z.int().min(1).max(1000).optional(),
	/** Recency: an intensity counts half after so many days; each entry then needs a time, `at`. Default: age does not count. */
	halfLife: z.number().gt(0).max(36_500).optional(),
};

const ONE_SHARE = "ratio or size, not both";

function oneShare({ ratio, size }: { ratio?: number | undefined; size?: number | undefined }): boolean {
	return ratio === undefined || size === undefined;
}

const HISTORY = "alphas above 0 need a historyId, or a profile";
const ONE_TASTE = "historyId or profile, not both";

function oneTaste(request: { historyId?: string | undefined; profile?: string | undefined }): boolean {
	return request.historyId === undefined || request.profile === undefined;
}

function hasHistory(request: {
	historyId?: string | undefined;
	profile?: string | undefined;
	alphas?: number[];
}): boolean {
	if (request.profile !== undefined) return true;
	return request.historyId !== undefined || (request.alphas ?? []).every((alpha) => alpha === 0);
}

/** A file of at most so many bytes. */
function fileOf(bytes: number, is: string) {
	return z
		.string()
		.min(4)
		.max(4 * Math.ceil(bytes / 3), `expected a file of at most ${bytes / 2 ** 20} MB`)
		.refine((text) => !/[^A-Za-z0-9+/=]|=(?!=?$)/.test(text), "expected base64 alone, without an address before it")
		.meta({ contentEncoding: "base64", description: `${is}, in base64: PNG, JPEG, WebP, AVIF, GIF or TIFF` });
}

/** Makes the profile of a history: embeddings, coreset, what the adapter needs of it. */
export const ProfileRequest = z.strictObject({
	kind: z.literal("profile"),
	model: z.string().max(200),
	historyId: z.uuid(),
	...Sampling,
});
export type ProfileRequest = z.infer<typeof ProfileRequest>;

/** Bytes of a picture to begin from, and of a mask: as much as the page sends of a picture of 2048 × 2048. */
export const MOST_IMAGE = 8 * 2 ** 20;
export const MOST_MASK = 2 ** 20;
/** Pixels of either. */
export const MOST_IMAGE_PIXELS = 50_000_000;

/** And along one side. */
export const MOST_IMAGE_SIDE = 65_535;

const Side = z.int().min(1).max(MOST_IMAGE_SIDE);
/** Pixels. */
const Size = z.object({ width: Side, height: Side });

/** Draws one picture for each degree of personalization, all from one seed. */
export const PicturesRequest = z.strictObject({
	kind: z.literal("pictures"),
	model: z.string().max(200),
	prompt: Prompt,
	/** How prompts are read: as text, or with weights and in chunks as A1111's web UI reads them. Default `plain`. */
	promptSyntax: z.enum(["plain", "a1111"]).optional(),
	negativePrompt: Text.trim().max(2000).optional(),
	/** Whose profile steers; without one, only `alphas: [0]` makes sense and is taken. */
	historyId: z.uuid().optional(),
	/** Or the named profile that does: an own one, or one that is shared, by its id. */
	profile: ProfileCode.optional(),
	...Sampling,
	/** Degrees of personalization, each in [0, 1]; 0 is the plain picture. */
	alphas: z.array(z.number().min(0).max(1)).min(1).max(11).default([0, 0.3]),
	/** Degree of personalization of the negative prompt by what the history dislikes, in pictures of alphas above 0. Default 0.3. */
	negativeAlpha: z.number().min(0).max(1).optional(),
	seed: z
		.int()
		.min(0)
		.max(2 ** 32 - 1)
		.optional(),
	numInferenceSteps: z.int().min(1).max(200).optional(),
	guidanceScale: z.number().min(0).max(50).optional(),
	width: z.int().min(64).max(2048).optional(),
	height: z.int().min(64).max(2048).optional(),
	scheduler: z.string().max(50).optional(),
	/** Of a picture that it begins from, which is gone as soon as the job has ended. */
	image: Size.optional(),
	/** How far the picture may change. */
	strength: z.number().gt(0).max(1).optional(),
	/** Of a mask: only what is white in it is drawn anew. */
	mask: Size.optional(),
});
export type PicturesRequest = z.infer<typeof PicturesRequest>;

/** The same as a client sends it, with the pictures themselves. */
export const NewPictures = PicturesRequest.extend({
	image: fileOf(MOST_IMAGE, "A picture to begin from in place of noise").optional(),
	mask: fileOf(MOST_MASK, "What of the picture is drawn anew: where it is white").optional(),
});
export type NewPictures = z.infer<typeof NewPictures>;

export const JobRequest = z
	.discriminatedUnion("kind", [ProfileRequest, PicturesRequest])
	.refine(oneShare, ONE_SHARE)
	.refine(hasHistory, HISTORY)
	.refine(oneTaste, ONE_TASTE);
export type JobRequest = z.infer<typeof JobRequest>;

/** A job as a client asks for it. */
export const JobOrder = z
	.discriminatedUnion("kind", [ProfileRequest, NewPictures])
	.refine(oneShare, ONE_SHARE)
	.refine(hasHistory, HISTORY)
	.refine(oneTaste, ONE_TASTE)
	.refine(
		(order) => order.kind !== "pictures" || order.image !== undefined || !(order.mask || order.strength),
		"a mask or a strength needs an image",
	);
export type JobOrder = z.infer<typeof JobOrder>;
/** As a client writes it: what has a default may be left out. */
export type NewJob = z.input<typeof JobOrder>;

export const JobStatus = z.enum(["queued", "running", "done", "failed", "cancelled"]);
export type JobStatus = z.infer<typeof JobStatus>;

/** How far a running job is. */
export const JobProgress = z.object({
	station: z.enum(["download", "embeddings", "coreset", "profile", "steps"]),
	done: z.int(),
	total: z.int(),
	/** Of a job that draws: which picture, from 0. */
	picture: z.int().optional(),
});
export type JobProgress = z.infer<typeof JobProgress>;

export const Picture = z.object({
	id: z.uuid(),
	/** Its place among the job's `alphas`. */
	place: z.int(),
	alpha: z.number(),
	seed: z.int(),
	width: z.int(),
	height: z.int(),
	/** Of the PNG file, under `/api/pictures/`. Its text chunk "parameters" tells how it was made, as far as `?parameters=` says. */
	url: z.string(),
});
export type Picture = z.infer<typeof Picture>;

export const Job = z.object({
	id: z.uuid(),
	/** Grows with each change. */
	version: z.int(),
	status: JobStatus,
	request: JobRequest,
	/** How many jobs are before it, while it is queued. */
	ahead: z.int().optional(),
	progress: JobProgress.optional(),
	/** The profile that was made or used. */
	profileId: z.uuid().optional(),
	pictures: z.array(Picture),
	/** What was cut, left out or replaced on the way, each once. */
	warnings: z.array(Warning),
	/** Why it failed. */
	problem: Problem.optional(),
	createdAt: z.iso.datetime(),
	startedAt: z.iso.datetime().optional(),
	endedAt: z.iso.datetime().optional(),
});
export type Job = z.infer<typeof Job>;

/** Newest first. */
export const JobPage = z.object({
	jobs: z.array(Job),
	/** Give it as `before` for the next page. */ next: z.string().optional(),
});
export type JobPage = z.infer<typeof JobPage>;

/** A picture as it stands at a step, small. */
export const Preview = z.object({
	jobId: z.uuid(),
	/** The picture's place among the job's `alphas`. */
	place: z.int(),
	/** Steps done, of `total`. */
	step: z.int(),
	total: z.int(),
	/** A data URL of a PNG. */
	image: z.string(),
});
export type Preview = z.infer<typeof Preview>;

/**
 * Server-sent events of `GET /api/events`: `job` with a `Job` whenever one changes, `preview` with a `Preview`, `history` when one of the
 * user's has changed or is gone, without an id when any may have. A reader that is slow gets the newest of each and misses those
 * between. At the start, and after a gap, come all jobs that have not ended.
 */
export type ServerEvents = { job: Job; preview: Preview; deleted: { jobId: string }; history: { historyId?: string } };

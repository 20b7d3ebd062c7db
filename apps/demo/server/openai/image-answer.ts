import type { PictureFormat } from "@drum/pipeline";
import * as z from "zod";
import { type Job, Warning } from "../../api/index.ts";
import type { Store } from "../../store/open-store.ts";
import { readPicture } from "../../store/picture-files.ts";
import { pictureIn } from "../picture-form.ts";
import { notFound } from "../refusal.ts";
import type { ImageRequest } from "./image-request.ts";

/** OpenAI's answer; `seed` and `warnings` are this service's own. */
export const ImagesResponse = z.object({
	/** Seconds since 1970. */
	created: z.int(),
	output_format: z.enum(["png", "jpeg", "webp"]),
	background: z.literal("opaque"),
	size: z.string(),
	data: z.array(
		z.object({
			b64_json: z.string().optional(),
			/** Good for an hour, for whoever has it. */
			url: z.string().optional(),
			seed: z.int(),
		}),
	),
	/** What was cut, left out or replaced. */
	warnings: z.array(Warning),
});
export type ImagesResponse = z.infer<typeof ImagesResponse>;

/** An event of an answer that is a stream, as OpenAI's; what `ImagesResponse` says of all pictures, this says of one. */
export const CompletedEvent = ImagesResponse.pick({
	output_format: true,
	background: true,
	size: true,
	warnings: true,
}).extend({
	type: z.literal("image_generation.completed"),
	created_at: z.int(),
	quality: z.literal("auto"),
	...ImagesResponse.shape.data.element.shape,
});
type CompletedEvent = z.infer<typeof CompletedEvent>;

export interface AnswerForm {
	readonly store: Store;
	readonly userId: string;
	readonly form: ImageRequest["response_format"];
	readonly format: PictureFormat;
	/** Of JPEG and WebP, 1 to 100. */
	readonly quality: number | undefined;
	readonly addressOf: (pictureId: string, created: number) => string;
}

const FIXED = { background: "opaque" } as const;

/** The answer to jobs each of which draws one picture. */
export async function imagesOf(jobs: readonly Promise<Job>[], form: AnswerForm): Promise<ImagesResponse> {
	const done = await Promise.all(jobs);
	const created = seconds();
	const pictures = await Promise.all(done.map((job) => pictureOf(job, form, created)));
	const warnings = new Map(done.flatMap((job) => job.warnings.map((each) => [keyOf(each), each] as const)));
	const data = pictures.map(({ image }) => image);
	return {
		created,
		output_format: form.format,
		...FIXED,
		size: pictures[0]!.size,
		data,
		warnings: [...warnings.values()],
	};
}

/** The same as events, each as soon as its picture is there. */
export async function* imageEvents(jobs: readonly Promise<Job>[], form: AnswerForm): AsyncGenerator<CompletedEvent> {
	for (const each of jobs) {
		const [job, created_at] = [await each, seconds()];
		const { image, size } = await pictureOf(job, form, created_at);
		const { warnings } = job;
		const output_format = form.format;
		yield {
			type: "image_generation.completed",
			created_at,
			output_format,
			...FIXED,
			size,
			quality: "auto",
			...image,
			warnings,
		};
	}
}

async function pictureOf(
	{ pictures: [picture] }: Job,
	{ store, userId, form, format, quality, addressOf }: AnswerForm,
	created: number,
) {
	if (!picture) throw notFound("picture");
	const { id, seed, width, height } = picture;
	const png = form === "url" ? undefined : await readPicture(store, userId, id);
	if (form !== "url" && !png) throw notFound("picture");
	const bytes = png && (await pictureIn({ parameters: "shareable", format, quality }, png));
	const image: ImagesResponse["data"][number] = {
		...(bytes && { b64_json: Buffer.from(bytes).toString("base64") }),
		...(form !== "b64_json" && { url: addressOf(id, created) }),
		seed,
	};
	return { image, size: `${width}x${height}` };
}

function keyOf({ code, what, message }: Warning): string {
	return JSON.stringify([code, what, message]);
}

/** Since 1970. */
function seconds(): number {
	return Math.floor(Date.now() / 1000);
}

import { z } from "zod";
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
	output_format: z.literal("png"),
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

interface Surroundings {
	readonly store: Store;
	readonly userId: string;
	readonly form: ImageRequest["response_format"];
	/** When it is answered, in seconds since 1970. */
	readonly created: number;
	readonly addressOf: (pictureId: string) => string;
}

/** The answer to jobs that are done, each of which has drawn one picture. */
export async function imagesOf(
	jobs: readonly Job[],
	{ store, userId, form, created, addressOf }: Surroundings,
): Promise<ImagesResponse> {
	const data: ImagesResponse["data"] = [];
	const warnings = new Map<string, Warning>();
	let size = "";
	for (const job of jobs) {
		const [picture] = job.pictures;
		if (!picture) throw notFound("picture");
		const { id, seed, width, height } = picture;
		const png = form === "url" ? undefined : await readPicture(store, userId, id);
		if (form !== "url" && !png) throw notFound("picture");
		data.push({
			...(png && { b64_json: Buffer.from(pictureIn("shareable", png)).toString("base64") }),
			...(form !== "b64_json" && { url: addressOf(id) }),
			seed,
		});
		size = `${width}x${height}`;
		for (const each of job.warnings) warnings.set(JSON.stringify([each.code, each.what, each.message]), each);
	}
	return { created, output_format: "png", background: "opaque", size, data, warnings: [...warnings.values()] };
}

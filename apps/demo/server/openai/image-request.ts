import * as z from "zod";
import { Item, MOST_ENTRIES, NewPictures, Prompt, Text } from "../../api/index.ts";
import { invalid, invalidBy, Refusal } from "../refusal.ts";

const { shape } = NewPictures;

/** Whose taste steers: a history that is kept here, or one that comes with the request and is forgotten with it. */
const RequestProfile = z
	.strictObject({
		history: z.array(Item).min(1).max(MOST_ENTRIES).optional(),
		history_id: z.uuid().optional(),
		ratio: shape.ratio,
		size: shape.size,
		half_life: shape.halfLife,
	})
	.refine((profile) => (profile.history === undefined) !== (profile.history_id === undefined), {
		message: "expected either history or history_id",
	})
	.refine(({ ratio, size }) => ratio === undefined || size === undefined, "expected ratio or size, not both");

/**
 * The body of `POST /v1/images/generations`: OpenAI's parameters, and what this service adds, from `prompt_syntax` on. Null is the
 * same as left out.
 */
export const ImageRequest = z.strictObject({
	model: z.string().max(200).optional().describe("Default: the first model of the service"),
	prompt: Prompt,
	n: z.int().min(1).max(10).default(1),
	size: z
		.string()
		.regex(/^(auto|\d{1,5}x\d{1,5})$/, 'expected "auto" or a size such as "512x512"')
		.default("auto"),
	response_format: z.enum(["url", "b64_json"]).optional().describe("Default: both"),
	output_format: z.enum(["png", "jpeg", "webp"]).default("png"),
	output_compression: z.int().min(0).max(100).optional().describe("Quality of JPEG and WebP; default 90"),
	background: z.enum(["auto", "opaque"]).optional(),
	quality: z.enum(["auto"]).optional(),
	stream: z.boolean().default(false).describe("Each picture as an event as soon as it is there"),
	partial_images: z.literal(0).optional(),
	user: Text.max(512).optional().describe("Your user, for the service's log"),
	prompt_syntax: shape.promptSyntax.describe("How prompts are read; default plain"),
	negative_prompt: shape.negativePrompt,
	seed: shape.seed.describe("Of the first picture; the next have the next numbers"),
	num_inference_steps: shape.numInferenceSteps,
	guidance_scale: shape.guidanceScale,
	scheduler: shape.scheduler,
	image: shape.image,
	mask: shape.mask,
	strength: shape.strength.describe("How far the image may change"),
	alpha: z.number().min(0).max(1).optional().describe("Degree of personalisation, with a profile"),
	negative_alpha: shape.negativeAlpha.describe(
		"The same of the negative prompt, by what the profile dislikes: intensities below 0",
	),
	profile: RequestProfile.optional(),
});
export type ImageRequest = z.infer<typeof ImageRequest>;

/** OpenAI's parameters that no model here has. */
const UNSUPPORTED = new Set(["style", "moderation", "input_fidelity"]);

/** @throws Refusal that names the first parameter that is wrong */
export function parseImageRequest(body: unknown): ImageRequest {
	const isObject = typeof body === "object" && body !== null && !Array.isArray(body);
	if (!isObject) throw invalid([{ at: "", message: "expected a JSON object" }]);
	const given = Object.fromEntries(Object.entries(body).filter(([, value]) => value !== null));
	const parsed = ImageRequest.safeParse(given);
	if (parsed.success) return parsed.data;
	const unknown = parsed.error.issues.flatMap(({ code, path, ...issue }) =>
		code === "unrecognized_keys" ? (issue as { keys: string[] }).keys.map((key) => [...path.map(String), key]) : [],
	);
	if (unknown[0]) throw unknownParameter(unknown[0].join("."));
	throw invalidBy(parsed.error);
}

function unknownParameter(name: string): Refusal {
	const isKnown = UNSUPPORTED.has(name);
	const title = isKnown ? "The parameter is not supported by the models here" : "The parameter is not known";
	return new Refusal({
		...{ status: 400, kind: isKnown ? "unsupported-parameter" : "unknown-parameter", title },
		errors: [{ at: `/${name.replaceAll(".", "/")}`, message: "leave it out" }],
	});
}

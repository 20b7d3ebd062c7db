import { extensionOf, mediaTypeOf, PICTURE_FORMATS } from "@drum/pipeline";
import type { FastifyReply, FastifyRequest } from "fastify";
import { validatorCompiler } from "fastify-type-provider-zod";
import * as z from "zod";
import { type Model, NewPictures } from "../../api/index.ts";
import { deleteHistory } from "../../store/histories.ts";
import { createPassingHistory, overduePassingHistories } from "../../store/passing-histories.ts";
import { readSignedPicture } from "../../store/picture-files.ts";
import { readSecret } from "../../store/secrets.ts";
import { forwarded } from "../forwarded.ts";
import { MOST_JOB_BODY } from "../limits.ts";
import { pictureIn } from "../picture-form.ts";
import { invalid, invalidBy, notFound, Refusal } from "../refusal.ts";
import { file } from "../routes/answers.ts";
import type { App, Service } from "../service.ts";
import { isSecure } from "../session-cookie.ts";
import { drawPictures } from "./draw-pictures.ts";
import { CompletedEvent, ImagesResponse, imageEvents, imagesOf } from "./image-answer.ts";
import { ImageRequest, parseImageRequest } from "./image-request.ts";
import { modelOf } from "./model-routes.ts";
import { openAIErrors } from "./openai-error.ts";
import { ADDRESS_SECONDS, isSigned, signPicture } from "./picture-address.ts";
import { sendEvents } from "./send-events.ts";

const Signed = z.object({
	expires: z.coerce.number().int(),
	signature: z.string().max(100),
	/** Of JPEG and WebP. */
	quality: z.coerce.number().int().min(1).max(100).optional(),
});
const ById = z.object({ id: z.uuid() });

/** For a request with `stream`, events. */
const ANSWERS = {
	description: "The pictures",
	content: { "application/json": { schema: ImagesResponse }, "text/event-stream": { schema: CompletedEvent } },
};

/** `POST /v1/images/generations` as OpenAI's interface has it, and the addresses that it answers with. */
export async function imageRoutes(app: App, service: Service): Promise<void> {
	const { store, queue } = service;
	const key = await readSecret(store, "addresses of pictures");
	const forget = async (userId: string, historyId: string) => {
		for (const id of (await deleteHistory(store, userId, historyId)) ?? []) await queue.remove(id);
	};
	for (const { id, userId } of await overduePassingHistories(store)) await forget(userId, id);

	app.post(
		"/images/generations",
		{
			bodyLimit: MOST_JOB_BODY,
			schema: { body: ImageRequest, response: { 200: ANSWERS, ...openAIErrors() } },
			// The body's check has words of its own, which name the parameter.
			validatorCompiler: (route) => (route.httpPart === "body" ? checkBody : validatorCompiler(route as never)),
		},
		async (request, reply) => {
			const { user, body, log } = request;
			const { profile, response_format: form } = body;
			const model = modelOf(service, body.model);
			checkAlpha(body);
			checkImage(body);
			const signal = AbortSignal.any([goneSignal(reply), service.closing]);
			const told = body.user === undefined ? {} : { endUser: body.user };
			const { output_format: format, output_compression: compression } = body;
			checkCompression(body);
			const quality = compression === undefined ? undefined : Math.max(compression, 1);
			const addressOf = (id: string, now: number) =>
				`${originOf(request)}${signedPath(id, now + ADDRESS_SECONDS, extensionOf(format), quality)}`;
			const answerForm = { store, userId: user.id, form, format, quality, addressOf };
			const history = profile?.history && (await createPassingHistory(store, user.id, profile.history));
			try {
				const requests = requestsOf(body, model, history ?? profile?.history_id);
				return await drawPictures(service, requests, { user, log, told, signal }, async (jobs) =>
					body.stream ? sendEvents(reply, imageEvents(jobs, answerForm)) : imagesOf(jobs, answerForm),
				);
			} catch (error) {
				// Told in the stream.
				if (reply.sent) return reply;
				throw error;
			} finally {
				if (history) await forget(user.id, history);
			}
		},
	);

	const signedPath = (id: string, expires: number, extension: string, quality: number | undefined) => {
		const query = `expires=${expires}&signature=${signPicture(key, id, expires)}`;
		return `/v1/images/files/${id}${extension}?${query}${quality === undefined ? "" : `&quality=${quality}`}`;
	};

	for (const format of PICTURE_FORMATS) {
		const type = mediaTypeOf(format);
		app.get(
			`/images/files/:id${extensionOf(format)}`,
			{
				config: { open: true },
				schema: { security: [], params: ById, querystring: Signed, response: { ...file(type), ...openAIErrors() } },
			},
			async ({ params: { id }, query }, reply) => {
				if (!isSigned(key, id, query)) throw expired();
				const png = await readSignedPicture(store, id);
				if (!png) throw notFound("picture");
				// Made to be shown on other sites too.
				reply.header("cross-origin-resource-policy", "cross-origin");
				const quality = format === "png" ? undefined : query.quality;
				return reply.type(type).send(await pictureIn({ parameters: "shareable", format, quality }, png));
			},
		);
	}

	// Refused before their bodies are read, which are no JSON.
	for (const path of ["/images/edits", "/images/variations"]) {
		const refuse = () => Promise.reject(onlyDrawn());
		app.post(path, { schema: { hide: true }, onRequest: refuse }, refuse);
	}
}

function checkBody(body: unknown): { value: ImageRequest } | { error: Error } {
	try {
		return { value: parseImageRequest(body) };
	} catch (error) {
		return { error: error as Error };
	}
}

/** @throws Refusal for what an image alone has */
function checkImage({ image, mask, strength }: ImageRequest): void {
	if (image !== undefined) return;
	const alone = Object.entries({ mask, strength }).find(([, value]) => value !== undefined)?.[0];
	if (alone) throw invalid([{ at: `/${alone}`, message: "needs an image" }]);
}

function checkCompression({ output_format, output_compression }: ImageRequest): void {
	if (output_compression === undefined || output_format !== "png") return;
	throw invalid([{ at: "/output_compression", message: "is of jpeg and webp: PNG keeps every pixel" }]);
}

function checkAlpha({ alpha = 0, profile }: ImageRequest): void {
	if (alpha > 0 && !profile) throw invalid([{ at: "/alpha", message: "above 0 it needs a profile" }]);
}

/** One for each picture, each of the next seed. @throws Refusal where one is out of a job's bounds */
function requestsOf(body: ImageRequest, model: Model, historyId: string | undefined): NewPictures[] {
	const { n, size, seed, profile, prompt, alpha = profile ? model.defaults.alpha : 0 } = body;
	const [width, height] = size === "auto" ? [] : size.split("x").map(Number);
	return Array.from({ length: n }, (_, picture) => {
		const request = NewPictures.safeParse({
			...{ kind: "pictures", model: model.id, prompt, alphas: [alpha], historyId },
			...{ ratio: profile?.ratio, size: profile?.size, halfLife: profile?.half_life, width, height },
			seed: seed === undefined ? undefined : (seed + picture) % 2 ** 32,
			promptSyntax: body.prompt_syntax,
			negativePrompt: body.negative_prompt,
			negativeAlpha: body.negative_alpha,
			numInferenceSteps: body.num_inference_steps,
			guidanceScale: body.guidance_scale,
			scheduler: body.scheduler,
			...{ image: body.image, mask: body.mask, strength: body.strength },
		});
		if (request.success) return request.data;
		throw invalidBy(request.error);
	});
}

/** Aborts when the client goes before it is answered. */
function goneSignal({ raw }: FastifyReply): AbortSignal {
	const gone = new AbortController();
	const end = () => {
		if (!raw.writableFinished) gone.abort(new Refusal({ status: 499, kind: "gone", title: "The client has gone" }));
	};
	raw.once("close", end);
	// It may have gone while its request was checked.
	if (raw.closed || raw.destroyed) end();
	return gone.signal;
}

/** The service's own address, as the client has it: a proxy that takes off a path says so. */
function originOf(request: FastifyRequest): string {
	const { headers } = request;
	const host = forwarded(headers, "x-forwarded-host") || headers.host;
	const path = forwarded(headers, "x-forwarded-prefix").replace(/\/+$/, "");
	return `${isSecure(request) ? "https" : "http"}://${host}${path}`;
}

function expired(): Refusal {
	const detail = `An address is good for ${ADDRESS_SECONDS / 60} minutes`;
	return new Refusal({ status: 403, kind: "address-expired", title: "The address is not good any more", detail });
}

function onlyDrawn(): Refusal {
	const title = "Pictures are not edited or varied by this endpoint";
	const detail = "POST /v1/images/generations draws, also from an image and a mask in base64";
	return new Refusal({ status: 404, kind: "unsupported-endpoint", title, detail });
}

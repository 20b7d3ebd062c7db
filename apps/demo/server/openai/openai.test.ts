import { execFile } from "node:child_process";
import { readFile } from "node:fs/promises";
import { join } from "node:path";
import { promisify } from "node:util";
import { createDrum, type DrumImageOptions } from "@drum/ai-provider";
import { encodePng, readPictureMarks, readPngParameters } from "@drum/pipeline";
import { generateImage } from "ai";
import OpenAI, { APIError, APIUserAbortError } from "openai";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import type { Job } from "../../api/index.ts";
import { overduePassingHistories } from "../../store/passing-histories.ts";
import { addUser } from "../../store/users.ts";
import { openModels } from "../../worker/models.ts";
import { TINY } from "../../worker/testing/tiny.ts";
import { startWorker } from "../../worker/worker.ts";
import { OPENING, TestService } from "../testing/test-service.ts";

const ends = new AsyncDisposableStack();
let service: TestService;
let address: string;
let ann: string;
/** Ann's client. */
let client: OpenAI;
beforeAll(async () => {
	service = ends.use(await TestService.open());
	const models = ends.use(await openModels([TINY]));
	const server = await service.serve({ auth: true, models: models.list() });
	const { store, queue } = service;
	const worker = await startWorker({ store, queue, models });
	ends.defer(() => worker.stop({ graceSeconds: 0 }));
	address = `http://127.0.0.1:${await server.listen()}`;
	ann = (await addUser(store, "ann")).token;
	client = clientOf(ann);
}, OPENING);
afterAll(() => ends.disposeAsync());

function clientOf(apiKey: string): OpenAI {
	return new OpenAI({ apiKey, baseURL: `${address}/v1`, maxRetries: 0 });
}

/** What OpenAI's types do not have. */
type Extension = Record<string, unknown>;
type Image = OpenAI.Image & { seed: number };

/** A picture with OpenAI's client; quick. */
async function generate(extension: Extension = {}, options: OpenAI.RequestOptions = {}) {
	const body = { model: "tiny", prompt: "a star", num_inference_steps: 2, ...extension };
	const answer = await client.images.generate(body, options);
	return answer as Omit<OpenAI.ImagesResponse, "data"> & { data: Image[]; warnings: { code: string }[] };
}

async function refused(extension: Extension): Promise<APIError> {
	const error = await generate(extension).then(
		() => undefined,
		(reason: unknown) => reason,
	);
	expect(error).toBeInstanceOf(APIError);
	return error as APIError;
}

async function api<Body>(path: string, init: RequestInit = {}): Promise<Body> {
	const headers = { authorization: `Bearer ${ann}`, "content-type": "application/json" };
	return (await (await fetch(`${address}/api${path}`, { ...init, headers })).json()) as Body;
}

/** What takes longer than any test waits for it. */
const LONG = { num_inference_steps: 200, size: "128x128" } as const;

/** What becomes so, however busy the machine is. */
const soon = <T>(read: () => T) => expect.poll(read, { timeout: 30_000 });

const bytesOf = ({ b64_json = "" }: Image) => Uint8Array.from(Buffer.from(b64_json, "base64"));
const LIKED = [{ prompt: "a blue striped star, outline", intensity: 5 }, { prompt: "a blue striped fish" }];

describe("a picture", () => {
	test("is answered as a file and as an address that needs no token", async () => {
		const { created, data, size, output_format } = await generate({ seed: 7, size: "64x64", user: "u-1" });
		expect({ size, output_format, count: data.length }).toEqual({ size: "64x64", output_format: "png", count: 1 });
		expect(Math.abs(created * 1000 - Date.now())).toBeLessThan(60_000);
		const [image] = data;
		expect(readPngParameters(bytesOf(image!))).toMatchObject({ prompt: "a star", seed: 7, numInferenceSteps: 2 });
		const fetched = await fetch(image!.url!);
		expect(fetched.headers.get("cross-origin-resource-policy")).toBe("cross-origin");
		expect(await fetched.bytes()).toEqual(bytesOf(image!));
	});

	test.each(["jpeg", "webp"] as const)("is answered as %s, which says that a model drew it", async (output_format) => {
		const { data, output_format: told } = await generate({ seed: 7, output_format, output_compression: 60 });
		expect(told).toBe(output_format);
		const [image] = data;
		expect(await readPictureMarks(bytesOf(image!))).toMatchObject({
			...{ format: output_format, sourceType: "trainedAlgorithmicMedia", parameters: { prompt: "a star", seed: 7 } },
		});
		const fetched = await fetch(image!.url!);
		expect(fetched.headers.get("content-type")).toBe(`image/${output_format}`);
		expect(await fetched.bytes()).toEqual(bytesOf(image!));
	});

	test.each(["url", "b64_json"] as const)("is answered as %s alone where that is asked for", async (form) => {
		const { data } = await generate({ response_format: form, n: null });
		expect(Object.keys(data[0]!).sort()).toEqual([form, "seed"].sort());
	});

	test("comes n times, each of the next seed", async () => {
		const { data } = await generate({ n: 3, seed: 2 ** 32 - 2 });
		expect(data.map(({ seed }) => seed)).toEqual([2 ** 32 - 2, 2 ** 32 - 1, 0]);
		expect(new Set(data.map(({ b64_json }) => b64_json)).size).toBe(3);
	});

	test("says what was cut", async () => {
		const { warnings } = await generate({ prompt: "a blue star ".repeat(40) });
		expect(warnings).toMatchObject([{ code: "prompt-cut" }]);
	});
});

describe("a stream", () => {
	const body = { model: "tiny", prompt: "a star", seed: 7, stream: true as const };
	/** What this service takes beside. */
	const quick: Extension = { num_inference_steps: 2 };

	test("tells each picture as an event, the same as without", async () => {
		const { data } = await generate({ seed: 7, n: 2 });
		const events: OpenAI.ImageGenStreamEvent[] = [];
		for await (const event of await client.images.generate({ ...body, ...quick, n: 2 })) events.push(event);
		const completed = { type: "image_generation.completed", size: "64x64", output_format: "png" };
		expect(events).toMatchObject(data.map(({ b64_json, seed }) => ({ ...completed, b64_json, seed })));
	});

	test("is refused before it begins, and ends with an error where a job fails", async () => {
		await expect(client.images.generate({ ...body, ...quick, n: 11 })).rejects.toMatchObject({ status: 400 });
		const events = await client.images.generate({ ...body, ...LONG } as typeof body);
		const { jobs } = await api<{ jobs: Job[] }>("/jobs?limit=1");
		await api(`/jobs/${jobs[0]!.id}/cancel`, { method: "POST", body: "{}" });
		const read = async () => {
			for await (const event of events) expect(event).toBeUndefined();
		};
		await expect(read()).rejects.toMatchObject({ code: "cancelled" });
	});
});

describe("an address of a picture", () => {
	test("is the one that the client knows, behind a proxy that says what it changed", async () => {
		const headers = { "x-forwarded-proto": "https", "x-forwarded-host": "box.example", "x-forwarded-prefix": "/drum/" };
		const [image] = (await generate({ response_format: "url" }, { headers })).data;
		expect(image!.url).toMatch(/^https:\/\/box\.example\/drum\/v1\/images\/files\//);
	});

	test("is not good once it has been changed", async () => {
		const url = new URL((await generate({ response_format: "url" })).data[0]!.url!);
		url.searchParams.set("expires", String(Number(url.searchParams.get("expires")) + 1));
		const answer = await fetch(url);
		expect({ status: answer.status, body: await answer.json() }).toMatchObject({
			status: 403,
			body: { error: { code: "address_expired" } },
		});
	});
});

describe("a profile", () => {
	test("of a history that is kept steers the picture, which does not tell it", async () => {
		const json = { name: "mine", items: LIKED };
		const { id } = await api<{ id: string }>("/histories", { method: "POST", body: JSON.stringify(json) });
		const [plain] = (await generate({ seed: 3 })).data;
		const [half] = (await generate({ seed: 3, alpha: 0.5, profile: { history_id: id } })).data;
		expect(bytesOf(half!)).not.toEqual(bytesOf(plain!));
		expect(readPngParameters(bytesOf(half!))).toMatchObject({ alpha: 0.5 });
		expect(readPngParameters(bytesOf(half!))).not.toHaveProperty("references");
		// The model's own degree, where none is given.
		const [own] = (await generate({ seed: 3, profile: { history_id: id, size: 1 } })).data;
		expect(readPngParameters(bytesOf(own!))).toMatchObject({ alpha: 0.3 });
	});

	test("of a history that comes with the request is the same, and nothing of it stays", async () => {
		const before = await api("/histories");
		const [sent] = (await generate({ seed: 3, alpha: 0.5, profile: { history: LIKED } })).data;
		const id = (await api<{ id: string }[]>("/histories"))[0]!.id;
		const [kept] = (await generate({ seed: 3, alpha: 0.5, profile: { history_id: id } })).data;
		expect(bytesOf(sent!)).toEqual(bytesOf(kept!));
		expect(await api("/histories")).toEqual(before);
		const left = service.store.kysely.selectFrom("histories").select("id").where("until", "is not", null);
		expect(await left.execute()).toEqual([]);
		// Asked for all that each picture tells.
		const { jobs } = await api<{ jobs: Job[] }>("/jobs?limit=2");
		const references = jobs.map(async ({ pictures: [picture] }) => {
			const headers = { authorization: `Bearer ${ann}` };
			const png = await fetch(`${address}${picture!.url}?parameters=full`, { headers });
			return readPngParameters(await png.bytes())?.references?.length;
		});
		expect(await Promise.all(references)).toEqual([2, undefined]);
	});

	test("of another user's history is not found", async () => {
		const { token } = await addUser(service.store, "ben");
		const [{ id }] = (await api<{ id: string }[]>("/histories")) as [{ id: string }];
		const body = { model: "tiny", prompt: "a star", profile: { history_id: id } };
		await expect(clientOf(token).images.generate(body)).rejects.toMatchObject({ status: 404, code: "not_found" });
	});
});

describe("a request is refused as OpenAI's clients know it", () => {
	test.each<[string, Extension, { status: number; param: string | null; code: string }]>([
		["of a model that there is not", { model: "dall-e-3" }, { status: 404, param: "model", code: "model_not_found" }],
		["without a prompt", { prompt: undefined }, { status: 400, param: "prompt", code: "invalid_value" }],
		["for no picture", { n: 0 }, { status: 400, param: "n", code: "invalid_value" }],
		["for a size that is none", { size: "big" }, { status: 400, param: "size", code: "invalid_value" }],
		["for a size that the model has not", { size: "65x64" }, { status: 400, param: "size", code: "invalid_value" }],
		["for too large a size", { size: "64x4096" }, { status: 400, param: "size", code: "invalid_value" }],
		["for quality", { quality: "hd" }, { status: 400, param: "quality", code: "invalid_value" }],
		["for a style", { style: "vivid" }, { status: 400, param: "style", code: "unsupported_parameter" }],
		["for moderation", { moderation: "auto" }, { status: 400, param: "moderation", code: "unsupported_parameter" }],
		["for previews", { partial_images: 2 }, { status: 400, param: "partial_images", code: "invalid_value" }],
		["for GIF", { output_format: "gif" }, { status: 400, param: "output_format", code: "invalid_value" }],
		[
			"for less of PNG",
			{ output_compression: 60 },
			{ status: 400, param: "output_compression", code: "invalid_value" },
		],
		["with a name of its own", { steps: 20 }, { status: 400, param: "steps", code: "unknown_parameter" }],
		[
			"with a name of its own in the profile",
			{ profile: { history: LIKED, alpha: 1 } },
			{ status: 400, param: "profile.alpha", code: "unknown_parameter" },
		],
		["with an empty profile", { profile: {} }, { status: 400, param: "profile", code: "invalid_value" }],
		["for a degree without a profile", { alpha: 0.3 }, { status: 400, param: "alpha", code: "invalid_value" }],
		[
			"of a scheduler that there is not",
			{ scheduler: "x" },
			{ status: 400, param: "scheduler", code: "invalid_value" },
		],
		[
			"of a history that there is not",
			{ profile: { history_id: crypto.randomUUID() } },
			{ status: 404, param: null, code: "not_found" },
		],
	])("%s", async (_, extension, told) => {
		const error = await refused(extension);
		expect(error).toMatchObject({ ...told, type: "invalid_request_error" });
		expect(error.message.length).toBeGreaterThan(10);
		const { jobs } = await api<{ jobs: Job[] }>("/jobs");
		expect(jobs.filter(({ status }) => status === "queued" || status === "running")).toEqual([]);
	});

	test("without a token that is known", async () => {
		const refusal = { status: 401, code: "invalid_api_key", type: "invalid_request_error" };
		await expect(clientOf("sk-wrong").models.list()).rejects.toMatchObject(refusal);
	});

	test("to edit or vary a picture", async () => {
		const image = new File([Uint8Array.of(1)], "a.png", { type: "image/png" });
		const refusal = { status: 404, code: "unsupported_endpoint" };
		await expect(client.images.edit({ image, prompt: "a star" })).rejects.toMatchObject(refusal);
		await expect(client.images.createVariation({ image })).rejects.toMatchObject(refusal);
	});

	test("to another address", async () => {
		const wrong = client.chat.completions.create({ model: "tiny", messages: [] });
		await expect(wrong).rejects.toMatchObject({ status: 404, type: "invalid_request_error" });
	});

	test("where there is no room: it gets all of its jobs, or none", async () => {
		const server = await service.serve({ auth: true, limits: { jobsOfUser: 2 } });
		const full = new OpenAI({ apiKey: ann, baseURL: `http://127.0.0.1:${await server.listen()}/v1`, maxRetries: 0 });
		const error = full.images.generate({ model: "tiny", prompt: "a star", n: 3 });
		await expect(error).rejects.toMatchObject({ status: 429, type: "rate_limit_error", code: "too_many_jobs" });
		const left = service.store.kysely.selectFrom("jobs").select("id").where("status", "in", ["queued", "running"]);
		expect(await left.execute()).toEqual([]);
	});
});

describe("the AI SDK's generateImage", () => {
	globalThis.AI_SDK_LOG_WARNINGS = false;
	/** A picture of two steps by @drum/ai-provider. */
	const draw = (options: DrumImageOptions = {}, more: Partial<Parameters<typeof generateImage>[0]> = {}) => {
		const drum = createDrum({ baseURL: `${address}/v1/`, apiKey: ann });
		const providerOptions = { drum: { numInferenceSteps: 2, ...options } } as never;
		const quick = { prompt: "a star", seed: 3, maxRetries: 0, providerOptions };
		return generateImage({ ...quick, ...more, model: drum.image("tiny") });
	};

	test("draws what OpenAI's client draws", async () => {
		const personal = {
			alpha: 0.5,
			profile: { history: LIKED, size: 1 },
			negative_prompt: "a (fish:1.2)",
			guidance_scale: 3,
		};
		const [expected] = (
			await generate({ ...personal, prompt_syntax: "a1111", scheduler: "euler", seed: 3, size: "72x64" })
		).data;
		const { alpha, profile } = personal;
		const others = {
			promptSyntax: "a1111",
			negativePrompt: "a (fish:1.2)",
			guidanceScale: 3,
			scheduler: "euler",
		} as const;
		const options = { alpha, profile, ...others };
		const { image, providerMetadata } = await draw(options, { size: "72x64" });
		expect(image.base64).toBe(expected!.b64_json);
		expect(readPngParameters(image.uint8Array)).toMatchObject({ promptSyntax: "a1111" });
		expect(providerMetadata.drum).toEqual({ images: [{ seed: 3 }] });
		const [{ id }] = (await api<{ id: string }[]>("/histories")) as [{ id: string }];
		const kept = await draw({ profile: { historyId: id } });
		expect(readPngParameters(kept.image.uint8Array)).toMatchObject({ alpha: 0.3, seed: 3 });
	});

	test("begins from an image as a request of OpenAI's interface does, and keeps what the mask says", async () => {
		const made = (step: number) =>
			encodePng({ width: 80, height: 64, data: Uint8Array.from({ length: 80 * 64 * 3 }, (_, i) => (i * step) % 256) });
		const [image, mask] = await Promise.all([made(7), made(90)]);
		const texts = [image, mask].map((file) => Buffer.from(file!).toString("base64"));
		const own = { seed: 3, strength: 0.5, image: texts[0], mask: texts[1] };
		const [expected] = (await generate(own)).data;
		const drawn = await draw({ strength: 0.5 }, { prompt: { text: "a star", images: [image!], mask: mask! } });
		expect(drawn.image.base64).toBe(expected!.b64_json);
		expect(readPngParameters(drawn.image.uint8Array)).toMatchObject({ strength: 0.5 });
		expect(await service.store.kysely.selectFrom("inputs").selectAll().execute()).toEqual([]);
		const alone = draw({ strength: 0.5 });
		await expect(alone).rejects.toThrow(/strength/);
	});

	test("draws more pictures than one request may, and tells what was cut once", async () => {
		const { images, warnings, providerMetadata } = await draw(
			{ numInferenceSteps: 1 },
			{ n: 11, prompt: "a blue star ".repeat(40), aspectRatio: "1:1" },
		);
		expect(new Set(images.map(({ base64 }) => base64)).size).toBe(11);
		expect(providerMetadata.drum!.images).toEqual(Array.from({ length: 11 }, (_, i) => ({ seed: 3 + i })));
		expect(warnings).toEqual([
			{ type: "unsupported", feature: "aspectRatio", details: expect.any(String) },
			{ type: "other", message: expect.stringContaining("tokens") },
		]);
	});

	test("cancels the job when it is aborted", async () => {
		const leaving = new AbortController();
		const waiting = draw(
			{ numInferenceSteps: LONG.num_inference_steps },
			{ size: LONG.size, abortSignal: leaving.signal },
		);
		const newest = async () => (await api<{ jobs: Job[] }>("/jobs?limit=1")).jobs[0]!.status;
		await soon(newest).toMatch(/queued|running/);
		leaving.abort();
		await expect(waiting).rejects.toMatchObject({ name: "AbortError" });
		await soon(newest).toBe("cancelled");
	});

	test("throws what the service refuses and why it ended a job, each as an APICallError", async () => {
		const refusal = { name: "AI_APICallError", isRetryable: false };
		await expect(draw({ scheduler: "x" })).rejects.toMatchObject({
			...refusal,
			statusCode: 400,
			message: expect.stringContaining("scheduler: expected one of"),
		});
		const cancelled = draw({ numInferenceSteps: LONG.num_inference_steps }, { size: LONG.size });
		const told = expect(cancelled).rejects.toMatchObject({ ...refusal, message: "The job was cancelled" });
		const newest = async () => (await api<{ jobs: Job[] }>("/jobs?limit=1")).jobs[0]!;
		await soon(async () => (await newest()).status).toMatch(/queued|running/);
		await api(`/jobs/${(await newest()).id}/cancel`, { method: "POST", body: "{}" });
		await told;
	});
});

test("a request whose client goes away is cancelled, and its history goes", async () => {
	const leaving = new AbortController();
	const profile = { history: LIKED };
	const waiting = generate({ ...LONG, n: 2, profile }, { signal: leaving.signal });
	const unended = async () => {
		const { jobs } = await api<{ jobs: Job[] }>("/jobs?limit=2");
		return jobs.filter(({ status }) => status === "queued" || status === "running");
	};
	await soon(async () => (await unended()).length).toBe(2);
	leaving.abort();
	await expect(waiting).rejects.toBeInstanceOf(APIUserAbortError);
	await soon(unended).toEqual([]);
	const { jobs } = await api<{ jobs: Job[] }>("/jobs?limit=2");
	expect(jobs.map(({ status }) => status)).toEqual(["cancelled", "cancelled"]);
	const left = service.store.kysely.selectFrom("histories").select("id").where("until", "is not", null);
	await soon(() => left.execute()).toEqual([]);
});

test("a service that closes refuses those who wait, and cancels their jobs", async () => {
	const server = await service.serve({ auth: true });
	const closed = new OpenAI({ apiKey: ann, baseURL: `http://127.0.0.1:${await server.listen()}/v1`, maxRetries: 0 });
	const body = { model: "tiny", prompt: "a star", ...LONG };
	const waiting = expect(closed.images.generate(body)).rejects.toMatchObject({ status: 503, code: "stopping" });
	const newest = async () => (await api<{ jobs: Job[] }>("/jobs?limit=1")).jobs[0]!.status;
	await soon(newest).toMatch(/queued|running/);
	await server.app.close();
	await waiting;
	expect(await newest()).toBe("cancelled");
});

test("a history that a killed server left goes when it is overdue", async () => {
	const { kysely } = service.store;
	const { id } = await kysely.selectFrom("users").select("id").where("name", "=", "ann").executeTakeFirstOrThrow();
	await kysely
		.insertInto("histories")
		.values({ user_id: id, name: "left", until: new Date(0) })
		.execute();
	await service.serve({ auth: true });
	expect(await overduePassingHistories(service.store)).toEqual([]);
});

test("the README's example runs", async () => {
	const readme = await readFile(join(import.meta.dirname, "../../README.md"), "utf8");
	const [, example = ""] = /```ts\n(import OpenAI[\s\S]*?)```/.exec(readme) ?? [];
	const input = example.replace("http://localhost:3000", address);
	const flags = ["--no-warnings", "--input-type=module-typescript"];
	const env = { ...process.env, DRUM_TOKEN: ann };
	const child = promisify(execFile)(process.execPath, flags, { cwd: import.meta.dirname, env });
	child.child.stdin!.end(input);
	const { stdout, stderr } = await child;
	expect({ stdout, stderr }).toEqual({ stdout: expect.stringContaining(`${address}/v1/images/files/`), stderr: "" });
});

test("the models are listed", async () => {
	const { data } = await client.models.list();
	expect(data).toEqual([{ id: "tiny", object: "model", created: 0, owned_by: "@drum" }]);
	expect(await client.models.retrieve("tiny")).toEqual(data[0]);
	await expect(client.models.retrieve("sdxl")).rejects.toMatchObject({ status: 404, code: "model_not_found" });
});

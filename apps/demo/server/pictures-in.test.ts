import { randomBytes } from "node:crypto";
import { encodePng } from "@drum/pipeline";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import type { Job, Problem, Settings } from "../api/index.ts";
import { writeClaimed } from "../store/work.ts";
import { begin, finish } from "./testing/play-job.ts";
import { type Client, OPENING, TestService } from "./testing/test-service.ts";

let service: TestService;
let client: Client;
beforeAll(async () => {
	service = await TestService.open();
	client = await service.serve();
}, OPENING);
afterAll(() => service[Symbol.asyncDispose]());

const PICTURES = { kind: "pictures", model: "tiny", prompt: "a star", alphas: [0] };
const png = async (width: number, height: number) =>
	Buffer.from(await encodePng({ width, height, data: new Uint8Array(randomBytes(width * height * 3)) }));
const IMAGE = await png(80, 40);
const MASK = await png(9, 9);
const LONG = await png(70_000, 1);
const both = { image: IMAGE.toString("base64"), mask: MASK.toString("base64"), strength: 0.5 };

const inputRows = () => service.store.kysely.selectFrom("inputs").selectAll().orderBy("name").execute();
const used = async () => (await client.send<Settings>("GET /api/settings")).body.storage.used;
const submit = <Answer = Job>(json: object, headers = {}) =>
	client.send<Answer>("POST /api/jobs", { json: { ...PICTURES, ...json }, headers });

describe("a job that begins from a picture", () => {
	test("tells its size and keeps the file for the worker, until it has ended by whatever", async () => {
		const before = await used();
		const endings: ((id: string) => Promise<unknown>)[] = [
			async (id) => finish(service.store, await begin(service.store, id)),
			async (id) => writeClaimed(service.store, await begin(service.store, id), { status: "failed" }),
			(id) => client.send(`POST /api/jobs/${id}/cancel`),
		];
		for (const end of endings) {
			const { status, body } = await submit(both);
			expect(status).toBe(202);
			expect(body.request).toMatchObject({
				image: { width: 80, height: 40 },
				mask: { width: 9, height: 9 },
				strength: 0.5,
			});
			expect(JSON.stringify(body)).not.toContain(both.image.slice(0, 40));
			const rows = await inputRows();
			expect(rows.map(({ name, file }) => [name, Buffer.from(file)])).toEqual([
				["image", IMAGE],
				["mask", MASK],
			]);
			expect(await used()).toBe(before + IMAGE.length + MASK.length);
			await end(body.id);
			expect([await inputRows(), await used()]).toEqual([[], before]);
			expect((await client.send<Job>(`GET /api/jobs/${body.id}`)).body.request).toEqual(body.request);
		}
	});

	test("is the same by its key only with the same picture", async () => {
		const headers = { "idempotency-key": "from-a-picture" };
		const { body } = await submit(both, headers);
		expect(await submit(both, headers)).toMatchObject({ status: 200, body: { id: body.id } });
		const other = { ...both, image: (await png(80, 40)).toString("base64") };
		expect(await submit(other, headers)).toMatchObject({ status: 422, body: { type: "urn:drum:problem:key-used" } });
		expect(await inputRows()).toHaveLength(2);
		await client.send(`POST /api/jobs/${body.id}/cancel`);
	});

	test("costs what its own size does, and what it keeps counts before it is kept", async () => {
		const strict = await service.serve({ limits: { workOfJob: 1 } });
		const ask = (json: object) => strict.send<Problem>("POST /api/jobs", { json: { ...PICTURES, ...json } });
		const large = (await png(128, 120)).toString("base64");
		expect(await ask({ image: large })).toMatchObject({
			status: 422,
			body: { type: "urn:drum:problem:job-too-costly" },
		});
		// More than four times the model's pixels are brought down to those.
		const huge = (await png(300, 300)).toString("base64");
		const taken = await strict.send<Job>("POST /api/jobs", { json: { ...PICTURES, image: huge } });
		expect(taken.status).toBe(202);
		await client.send(`POST /api/jobs/${taken.body.id}/cancel`);
		const full = await service.serve({ limits: { bytesOfUser: (await used()) + IMAGE.length } });
		const more = { ...PICTURES, image: both.image };
		expect((await full.send<Problem>("POST /api/jobs", { json: { ...more, mask: both.mask } })).body).toMatchObject({
			type: "urn:drum:problem:storage-full",
		});
		const fits = await full.send<Job>("POST /api/jobs", { json: more });
		expect(fits.status).toBe(202);
		await client.send(`POST /api/jobs/${fits.body.id}/cancel`);
	});

	test.each<[string, object, string, string]>([
		["a mask alone", { mask: both.mask }, "", "needs an image"],
		["a strength alone", { strength: 0.5 }, "", "needs an image"],
		["a strength of nothing", { image: both.image, strength: 0 }, "/strength", ">0"],
		["no step of so few", { image: both.image, strength: 0.1, numInferenceSteps: 5 }, "/strength", "at least 0.2"],
		["what is no base64", { image: "a picture, really" }, "/image", "expected base64"],
		[
			"base64 that goes on behind its end",
			{ image: `${both.image.slice(0, 40)}==${both.image}` },
			"/image",
			"expected base64",
		],
		[
			"what has a long side",
			{ image: LONG.toString("base64"), width: 64, height: 64 },
			"/image",
			"65535 pixels along each",
		],
		[
			"an address",
			{ image: `data:image/png;base64,${both.image}` },
			"/image",
			"expected base64 alone, without an address",
		],
		["what is no picture", { image: Buffer.from("hello, hello").toString("base64") }, "/image", "a whole PNG"],
		[
			"a drawing",
			{ image: Buffer.from("<svg xmlns='http://www.w3.org/2000/svg'/>").toString("base64") },
			"/image",
			"PNG",
		],
		["a picture of too few pixels", { image: MASK.toString("base64").replace(/^.*$/, "") }, "/image", "4"],
		["too much of it", { image: both.image, mask: "A".repeat(1_500_000) }, "/mask", "expected a file of at most 1 MB"],
		["a size", { image: { width: 64, height: 64 } }, "/image", "string"],
	])("with %s is refused, and nothing is kept", async (_, change, at, message) => {
		const { status, body } = await submit<Problem>(change);
		expect(status).toBe(422);
		expect(body.errors).toContainEqual({ at, message: expect.stringContaining(message) });
		expect(await inputRows()).toEqual([]);
	});

	test("is taken however small where its new size is said", async () => {
		const image = (await png(1, 1)).toString("base64");
		const { body } = await submit<Problem>({ image });
		expect(body.errors).toEqual([{ at: "/image", message: expect.stringContaining("at least 8 pixels along each") }]);
		const taken = await submit({ image, width: 64, height: 64 });
		expect(taken).toMatchObject({ status: 202, body: { request: { image: { width: 1, height: 1 } } } });
		await client.send(`POST /api/jobs/${taken.body.id}/cancel`);
	});

	test("of a body that no picture needs is refused by its size", async () => {
		const { status } = await submit({ image: "A".repeat(15_000_000) });
		expect(status).toBe(413);
	});
});

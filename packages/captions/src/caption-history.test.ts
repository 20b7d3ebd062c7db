import { readdir, readFile, stat, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { crc32 } from "node:zlib";
import { encodePng, GeneratedImage, type Image, replacePngParameters } from "@drum/diffusion";
import { checkHistory } from "@drum/peca";
import { ArgumentError, FileError } from "@drum/tensor";
import { folderOf } from "@drum/test-files";
import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { type Captioner, captionHistory, type LikedItem, LONGEST_PROMPT, pictureHash } from "./index.ts";
import { FolderCaptionCache } from "./node.ts";

const grey: Image = { width: 3, height: 2, data: new Uint8Array(18).fill(128) };
const plain = await encodePng(grey);
const drawn = (parameters: Record<string, unknown>) => encodePng(grey, parameters as never, { parameters: "full" });

/** A picture of A1111: its text is no JSON. */
function byWebUi(text: string): Uint8Array {
	const data = Buffer.from(`parameters\0${text}`, "latin1");
	const frame = Buffer.alloc(12 + data.length);
	frame.writeUInt32BE(data.length);
	frame.write("tEXt", 4, "latin1");
	frame.set(data, 8);
	frame.writeUInt32BE(crc32(frame.subarray(4, -4)), frame.length - 4);
	return Buffer.concat([plain.subarray(0, 33), frame, plain.subarray(33)]);
}

/** Says the picture's first byte, and counts. */
function namer(said = (byte: number) => `byte ${byte}`) {
	const seen: Image[] = [];
	const captioner: Captioner = {
		name: "namer",
		async caption(picture) {
			seen.push(picture);
			return said(picture.data[0]!);
		},
	};
	return { captioner, seen };
}
const failure = (promise: Promise<unknown>) => promise.catch((error: unknown) => error);
const prompts = async (history: LikedItem[], options = {}) =>
	(await captionHistory(history, options)).history.map(({ prompt }) => prompt);

describe("a picture's prompt", () => {
	test("is the one beside it", async () => {
		const { captioner, seen } = namer();
		const rows = [{ prompt: "a cat", image: "nowhere.png", intensity: 2 }, { prompt: "a dog" }];
		expect(await captionHistory(rows, { captioner })).toEqual({ history: rows, warnings: [] });
		expect(seen).toEqual([]);
	});

	test("is the one that drew it, without any model", async () => {
		const own = await drawn({ prompt: "a lighthouse", references: [{ prompt: "private", intensity: 1 }] });
		const other = byWebUi("a (red:1.2) fox <lora:x:1>\nNegative prompt: dog\nSteps: 20, Seed: 1");
		const jpeg = await new GeneratedImage(grey, { prompt: "a boat" }).toJpeg();
		const [boat] = (await captionHistory([{ image: jpeg }])).history;
		expect(boat).toMatchObject({ prompt: "a boat", captionFrom: "DrUM" });
		const found = await captionHistory([{ image: own, rating: 4 }, { image: new Blob([other]) }]);
		expect(found.history).toMatchObject([
			{ prompt: "a lighthouse", captionFrom: "DrUM", rating: 4 },
			{ prompt: "a red fox", captionFrom: "Stable Diffusion web UI" },
		]);
		expect(checkHistory(found.history)).toEqual([
			{ prompt: "a lighthouse", intensity: 4 },
			{ prompt: "a red fox", intensity: 1 },
		]);
	});

	test("is the captioner's, once for each picture, of a path, bytes, a Blob or pixels", async () => {
		const { captioner, seen } = namer();
		const path = join(await folderOf(), "a.png");
		await writeFile(path, plain);
		const images = [path, plain, new Blob([plain]), grey];
		expect(
			await prompts(
				images.map((image) => ({ image })),
				{ captioner },
			),
		).toEqual(Array(4).fill("byte 128"));
		expect(seen.map(({ width, height }) => [width, height])).toEqual([
			[3, 2],
			[3, 2],
		]);
	});

	test("may be the captioner's although the file tells one", async () => {
		const image = await drawn({ prompt: "a lighthouse" });
		expect(await prompts([{ image }], { captioner: namer().captioner, metadata: false })).toEqual(["byte 128"]);
	});

	test("is trusted no more than a user's text: on one line, of letters, of a bounded length", async () => {
		const long = `a\u0000b\nc\ud800 ${"x ".repeat(LONGEST_PROMPT)}`;
		const { history, warnings } = await captionHistory([{ image: await drawn({ prompt: long }) }]);
		expect(history[0]!.prompt).toMatch(/^a b c� x x/);
		expect(history[0]!.prompt.length).toBeLessThanOrEqual(LONGEST_PROMPT);
		expect(warnings).toMatchObject([{ code: "prompt-cut", what: "picture of history row 0" }]);
	});

	test("is text that any history takes, whatever a file or a captioner says", async () => {
		const anything = fc.string({ unit: "binary", maxLength: 3000 });
		await fc.assert(
			fc.asyncProperty(anything, async (said) => {
				const image = replacePngParameters(plain, { prompt: said });
				const found = await captionHistory([{ image }], { captioner: namer(() => said).captioner }).catch(
					(error: ArgumentError) => error,
				);
				if (found instanceof ArgumentError) {
					expect(said.replace(/[\s\p{Cc}]/gu, "")).toBe("");
					return;
				}
				const { prompt } = checkHistory(found.history)[0]!;
				expect(prompt.length).toBeLessThanOrEqual(LONGEST_PROMPT);
				expect(prompt.isWellFormed() && !/[\p{Cc}]/u.test(prompt)).toBe(true);
			}),
			{ numRuns: 30 },
		);
	});
});

describe("a row is refused, by its number,", () => {
	test.each<[string, LikedItem, typeof ArgumentError | typeof FileError, RegExp]>([
		["without prompt and picture", { intensity: 1 }, ArgumentError, /history row 1: expected a prompt or an image/],
		["of a file that is not there", { image: "none.png" }, FileError, /none\.png/],
		["of an address", { image: "https://host/a.png" }, ArgumentError, /history row 1: expected a path of a file/],
		["of no picture", { image: new Uint8Array(9) }, ArgumentError, /history row 1: expected a whole PNG/],
		["of a damaged picture", { image: plain.subarray(0, 40) }, ArgumentError, /history row 1: expected a whole PNG/],
	])("%s", async (_, row, kind, message) => {
		const { captioner } = namer();
		const error = await failure(captionHistory([{ prompt: "a cat" }, row], { captioner }));
		expect(error).toBeInstanceOf(kind);
		expect(String(error)).toMatch(message);
	});

	test("where only a captioner could tell, before any is asked; or where it says nothing", async () => {
		expect(String(await failure(captionHistory([{ image: plain }])))).toMatch(
			/row 0: expected a prompt in its file, or a captioner/,
		);
		const silent = namer(() => " \n");
		expect(String(await failure(captionHistory([{ image: plain }], { captioner: silent.captioner })))).toMatch(
			/by namer: expected words/,
		);
	});
});

test("progress is told, and a signal ends it between pictures", async () => {
	const { captioner, seen } = namer();
	const images = [1, 2, 3].map((byte) => ({ image: { ...grey, data: new Uint8Array(18).fill(byte) } }));
	const [told, controller] = [[] as number[][], new AbortController()];
	const onProgress = (done: number, total: number) => {
		told.push([done, total]);
		if (done === 2) controller.abort(new Error("enough"));
	};
	const { signal } = controller;
	const ended = captionHistory([{ prompt: "a" }, ...images], { captioner, signal, onProgress });
	expect(await failure(ended)).toMatchObject({ message: "enough" });
	expect([told, seen.length]).toEqual([
		[
			[1, 3],
			[2, 3],
		],
		2,
	]);
});

describe("a cache", () => {
	test("keeps a caption by the picture and the captioner, for its user alone", async () => {
		const cache = new FolderCaptionCache(await folderOf());
		const [first, second] = [namer(), namer(() => "other")];
		for (let i = 0; i < 2; i++)
			expect(await prompts([{ image: plain }], { captioner: first.captioner, cache })).toEqual(["byte 128"]);
		expect(first.seen).toHaveLength(1);
		const captioner = { ...second.captioner, name: "another" };
		expect(await prompts([{ image: plain }], { captioner, cache })).toEqual(["other"]);
		const hash = await pictureHash(plain);
		const files = await readdir(join(cache.folder, hash));
		expect(files).toHaveLength(2);
		if (process.platform !== "win32")
			for (const file of files) expect((await stat(join(cache.folder, hash, file))).mode & 0o777).toBe(0o600);
		await cache.forget(hash);
		expect(await readdir(cache.folder)).toEqual([]);
		await cache.forget(hash);
	});

	test.each([
		["cut short", (text: string) => text.slice(0, -3)],
		["empty", () => ""],
		["of another captioner", (text: string) => text.replace("namer", "other")],
		["too large", (text: string) => text + " ".repeat(70_000)],
		["of another kind", () => '{"prompt":5}'],
	])("makes a caption again whose file is %s", async (_, damage) => {
		const cache = new FolderCaptionCache(await folderOf());
		const { captioner, seen } = namer();
		await prompts([{ image: plain }], { captioner, cache });
		const folder = join(cache.folder, await pictureHash(plain));
		const [file = ""] = await readdir(folder);
		const text = await readFile(join(folder, file), "utf8");
		await writeFile(join(folder, file), damage(text));
		expect(await prompts([{ image: plain }], { captioner, cache })).toEqual(["byte 128"]);
		expect(seen).toHaveLength(2);
		expect(await readFile(join(folder, file), "utf8")).toBe(text);
	});

	test("names pictures by their hashes alone", async () => {
		const cache = new FolderCaptionCache(await folderOf());
		for (const name of ["..", "a/b", "", "A".repeat(64)]) {
			await expect(cache.forget(name)).rejects.toThrow(ArgumentError);
			await expect(cache.get(name, "x")).rejects.toThrow(ArgumentError);
		}
	});
});

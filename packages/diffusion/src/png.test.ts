import { mkdtemp, readdir, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join, relative } from "node:path";
import { crc32 } from "node:zlib";
import { ArgumentError, FileError } from "@drum/tensor";
import fc from "fast-check";
import sharp from "sharp";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import {
	encodePng,
	GeneratedImage,
	type Image,
	type ImageParameters,
	readPngParameters,
	replacePngParameters,
	savePng,
} from "./index.ts";

const images = fc.tuple(fc.integer({ min: 1, max: 9 }), fc.integer({ min: 1, max: 9 })).chain(([width, height]) => {
	const length = width * height * 3;
	const data = fc.uint8Array({ minLength: length, maxLength: length });
	return data.map((bytes): Image => ({ width, height, data: bytes }));
});
const grey: Image = { width: 2, height: 1, data: new Uint8Array(6).fill(128) };

/** Types of the chunks in order, after checking each length and checksum against the PNG specification. */
function walk(png: Uint8Array): string[] {
	const bytes = Buffer.from(png);
	expect(bytes.toString("latin1", 1, 4)).toBe("PNG");
	const types: string[] = [];
	let at = 8;
	while (at < bytes.length) {
		const end = at + 8 + bytes.readUInt32BE(at);
		expect(bytes.readUInt32BE(end)).toBe(crc32(bytes.subarray(at + 4, end)));
		types.push(bytes.toString("latin1", at + 4, at + 8));
		at = end + 4;
	}
	expect(at).toBe(bytes.length);
	return types;
}

/** The file with one more chunk after the header, which is always 25 bytes long. */
function withText(png: Uint8Array, type: string, text: string): Uint8Array {
	const body = Buffer.from(type + text, "latin1");
	const [length, checksum] = [Buffer.alloc(4), Buffer.alloc(4)];
	length.writeUInt32BE(body.length - 4);
	checksum.writeUInt32BE(crc32(body));
	return Buffer.concat([png.subarray(0, 33), length, body, checksum, png.subarray(33)]);
}

describe("encodePng", () => {
	test("keeps every pixel and every parameter", async () => {
		const values = fc.oneof(
			fc.string({ unit: "grapheme" }),
			fc.double({ noNaN: true, noDefaultInfinity: true }),
			fc.boolean(),
		);
		const references = fc.array(fc.record({ prompt: fc.string({ unit: "grapheme" }), intensity: fc.nat() }));
		const others = fc.dictionary(fc.string({ unit: "grapheme" }), fc.oneof(values, fc.array(values)));
		const parameters = fc.record(
			{ seed: fc.nat(), alpha: fc.double({ min: 0, max: 1 }), references },
			{ requiredKeys: [] },
		);
		await fc.assert(
			fc.asyncProperty(images, parameters, others, async (image, known, more) => {
				const made: ImageParameters = JSON.parse(JSON.stringify({ ...more, ...known }));
				const png = await encodePng(image, made, { parameters: "full" });
				walk(png);
				const { data, info } = await sharp(png).raw().toBuffer({ resolveWithObject: true });
				expect([info.width, info.height, info.channels]).toEqual([image.width, image.height, 3]);
				expect(data.equals(image.data)).toBe(true);
				expect(Object.entries(readPngParameters(png)!)).toEqual(Object.entries(made));
			}),
			{ numRuns: 50 },
		);
	});

	test("takes whole pictures, and bytes of other tools' texts beyond ASCII", async () => {
		const [width, height] = [640, 480];
		const data = Uint8Array.from({ length: width * height * 3 }, (_, i) => (i * i) >> 7);
		const image = new GeneratedImage({ width, height, data }, { prompt: "a star" });
		const blob = await image.toBlob({ parameters: "none" });
		expect(blob.type).toBe("image/png");
		const decoded = await sharp(await blob.arrayBuffer())
			.raw()
			.toBuffer();
		expect(decoded.equals(data)).toBe(true);
		const alpha = await sharp(await blob.arrayBuffer())
			.ensureAlpha()
			.raw()
			.toBuffer();
		expect(alpha.equals(Uint8Array.from(image.toRgba()))).toBe(true);
		const bytes = JSON.stringify({ prompt: "\x80\x9f\xe9" });
		expect(readPngParameters(withText(await encodePng(grey), "tEXt", `parameters\0${bytes}`))).toEqual({
			prompt: "\x80\x9f\xe9",
		});
	});

	test("keeps a parameter that is null", async () => {
		const made = { alpha: null, prompt: "a cat" } as unknown as ImageParameters;
		expect(readPngParameters(await encodePng(grey, made, { parameters: "full" }))).toEqual(made);
	});

	test("writes Latin-1 as tEXt and other text as iTXt, between header and pixels", async () => {
		expect(walk(await encodePng(grey, { prompt: "a café" })).slice(0, 2)).toEqual(["IHDR", "tEXt"]);
		expect(walk(await encodePng(grey, { prompt: "猫 🐈" })).slice(0, 2)).toEqual(["IHDR", "iTXt"]);
		expect(walk(await encodePng(grey))).not.toContain("tEXt");
	});

	test("is text that libvips reads under the keyword", async () => {
		const { comments } = await sharp(await encodePng(grey, { seed: 42 })).metadata();
		expect(comments).toEqual([{ keyword: "parameters", text: '{"seed":42}' }]);
	});

	test("refuses data that does not fit the size", async () => {
		await expect(encodePng({ ...grey, width: 3 })).rejects.toThrow(ArgumentError);
	});
});

describe("readPngParameters", () => {
	test("finds none in a picture without, and leaves other tools' texts alone", async () => {
		const png = await encodePng(grey);
		expect(readPngParameters(png)).toBeUndefined();
		expect(readPngParameters(withText(png, "tEXt", "parameters\0a cat\nSteps: 20"))).toBeUndefined();
		expect(readPngParameters(withText(png, "tEXt", 'comment\0{"seed":"1"}'))).toBeUndefined();
		expect(readPngParameters(withText(png, "iTXt", "parameters\0\x01\0\0\0compressed"))).toBeUndefined();
		expect(readPngParameters(withText(png, "iTXt", 'parameters\0\0\0en\0x\0{"a":"b"}'))).toEqual({ a: "b" });
	});

	test("refuses bytes that are no PNG, are cut off, or were changed", async () => {
		const png = await encodePng(grey, { seed: 1 });
		const changed = png.map((byte, i) => (i === 45 ? byte ^ 1 : byte));
		expect(() => readPngParameters(new Uint8Array(20))).toThrow(FileError);
		expect(() => readPngParameters(png.subarray(0, png.length - 5))).toThrow(FileError);
		expect(() => readPngParameters(changed)).toThrow("checksum");
	});
});

test("an older file's texts are read as what they stand for", async () => {
	const older = {
		...{ prompt: "42", alpha: "0.3", seed: "7", numInferenceSteps: "2", guidanceScale: "7.5", scheduler: "ddim" },
		...{ picture: "2 of 4", originalSize: "512,256", references: '[{"prompt":"a","intensity":2},{"prompt":1}]' },
	};
	const told = readPngParameters(withText(await encodePng(grey), "tEXt", `parameters\0${JSON.stringify(older)}`));
	expect(told).toEqual({
		...{ prompt: "42", alpha: 0.3, seed: 7, numInferenceSteps: 2, guidanceScale: 7.5, scheduler: "ddim" },
		...{ picture: 2, pictures: 4, originalSize: [512, 256], references: [{ prompt: "a", intensity: 2 }] },
	});
	expect(replacePngParameters(await encodePng(grey, { seed: 1 }), undefined)).toEqual(await encodePng(grey));
});

describe("what a picture's file tells", () => {
	const COMMIT = "462165984030d82259a11f4367a4eed129e94a7b";
	const references = [{ prompt: "what I asked my doctor", intensity: 5 }];
	const image = (parameters: ImageParameters) => new GeneratedImage(grey, { prompt: "a star", ...parameters });
	const told = async (parameters: ImageParameters) => readPngParameters(await image(parameters).toPng());

	test("is by default what draws it again, without earlier prompts and without folders", async () => {
		const more = { seed: 7, alpha: 0.3, loras: [{ "/home/ann/secret/ink.safetensors": 0.5 }] };
		const png = await image({ ...more, references, model: "/home/ann/secret/my-model/" }).toPng();
		for (const bytes of ["doctor", "references", "ann", "secret", "/home"])
			expect(Buffer.from(png).includes(bytes), bytes).toBe(false);
		const shared = { prompt: "a star", seed: 7, alpha: 0.3, loras: [{ "ink.safetensors": 0.5 }], model: "my-model" };
		expect(readPngParameters(png)).toEqual(shared);
	});

	test("names files, parts and LoRAs without where they lie, and what is on the hub as it is there", async () => {
		const file = relative(".", join(import.meta.dirname, "../../../test/golden/fixtures/vae.safetensors"));
		expect(file).toMatch(/^\w+\/\w+\//);
		const remote = "owner/name/text/t5xxl.safetensors";
		const parameters = { model: file, encoders: [{ L: file, T5: remote }], loras: [{ [file]: 0.5 }, { [remote]: 1 }] };
		expect(await told(parameters)).toEqual({
			prompt: "a star",
			model: "vae.safetensors",
			encoders: [{ L: "vae.safetensors", T5: remote }],
			loras: [{ "vae.safetensors": 0.5 }, { [remote]: 1 }],
		});
	});

	test("is all or nothing where that is asked for, and another form is refused", async () => {
		const all = { prompt: "a star", references, model: "/home/ann/my-model" };
		expect(readPngParameters(await image(all).toPng({ parameters: "full" }))).toEqual(all);
		expect(readPngParameters(await image(all).toPng({ parameters: "none" }))).toBeUndefined();
		await expect(image(all).toPng({ parameters: "most" as never })).rejects.toThrow(
			/one of full, shareable, none, found "most"/,
		);
		await expect(image(all).save("a.png", { parameter: "none" } as never)).rejects.toThrow("Did you mean parameters?");
	});

	test.each([
		["stabilityai/sdxl-turbo", "stabilityai/sdxl-turbo"],
		["my-model", "my-model"],
		["./my-model", "my-model"],
		["../../clients/acme/my-model", "my-model"],
		["~/my-model", "my-model"],
		["C:\\Users\\ann\\my-model\\", "my-model"],
		["\\\\server\\share\\my-model", "my-model"],
		["models\\my-model", "my-model"],
		["file:///home/ann/my-model.safetensors", "my-model.safetensors"],
		[`/home/ann/.cache/huggingface/hub/models--stabilityai--sdxl-turbo/snapshots/${COMMIT}`, "stabilityai/sdxl-turbo"],
		["D:\\hub\\models--a--b--c\\snapshots\\main", "a/b--c"],
		[`/srv/my-model/${COMMIT}`, "my-model"],
		[relative(".", join(import.meta.dirname, "..")), "diffusion"],
		[".", undefined],
		["/", undefined],
		["~", undefined],
	])("names the checkpoint %s by %s", async (model, name) => {
		expect((await told({ model }))!.model).toBe(name);
	});
});

describe("savePng", () => {
	let folder: string;
	beforeAll(async () => {
		folder = await mkdtemp(join(tmpdir(), "png-"));
	});
	afterAll(() => rm(folder, { recursive: true }));

	test("replaces the file and leaves nothing beside it", async () => {
		const path = join(folder, "a.png");
		await writeFile(path, "old");
		await savePng(path, grey, { seed: 7 });
		expect(readPngParameters(await readFile(path))).toEqual({ seed: 7 });
		expect(await readdir(folder)).toEqual(["a.png"]);
	});

	test("makes the folders that are missing", async () => {
		const path = join(folder, "out", "of", "a.png");
		await savePng(path, grey, { seed: 7 });
		expect(readPngParameters(await readFile(path))).toEqual({ seed: 7 });
	});

	test("says which path could not be written", async () => {
		const path = join(folder, "taken", "a.png");
		await writeFile(join(folder, "taken"), "a file");
		await expect(savePng(path, grey)).rejects.toThrow(FileError);
		await expect(savePng(path, grey)).rejects.toThrow(`${path}: expected a place to write a picture, found a file in`);
	});
});

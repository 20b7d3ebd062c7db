import { mkdtemp, readdir, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { crc32 } from "node:zlib";
import { ArgumentError, FileError } from "@drum/tensor";
import fc from "fast-check";
import sharp from "sharp";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { encodePng, type Image, readPngParameters, savePng } from "./index.ts";

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
		const parameters = fc.dictionary(fc.string({ unit: "grapheme" }), fc.string({ unit: "grapheme" }));
		await fc.assert(
			fc.asyncProperty(images, parameters, async (image, made) => {
				const png = await encodePng(image, made);
				walk(png);
				const { data, info } = await sharp(png).raw().toBuffer({ resolveWithObject: true });
				expect([info.width, info.height, info.channels]).toEqual([image.width, image.height, 3]);
				expect(data.equals(image.data)).toBe(true);
				expect(Object.entries(readPngParameters(png)!)).toEqual(Object.entries(made));
			}),
			{ numRuns: 50 },
		);
	});

	test("writes Latin-1 as tEXt and other text as iTXt, between header and pixels", async () => {
		expect(walk(await encodePng(grey, { prompt: "a café" })).slice(0, 2)).toEqual(["IHDR", "tEXt"]);
		expect(walk(await encodePng(grey, { prompt: "猫 🐈" })).slice(0, 2)).toEqual(["IHDR", "iTXt"]);
		expect(walk(await encodePng(grey))).not.toContain("tEXt");
	});

	test("is text that libvips reads under the keyword", async () => {
		const { comments } = await sharp(await encodePng(grey, { seed: "42" })).metadata();
		expect(comments).toEqual([{ keyword: "parameters", text: '{"seed":"42"}' }]);
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
		const png = await encodePng(grey, { seed: "1" });
		const changed = png.map((byte, i) => (i === 45 ? byte ^ 1 : byte));
		expect(() => readPngParameters(new Uint8Array(20))).toThrow(FileError);
		expect(() => readPngParameters(png.subarray(0, png.length - 5))).toThrow(FileError);
		expect(() => readPngParameters(changed)).toThrow("checksum");
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
		await savePng(path, grey, { seed: "7" });
		expect(readPngParameters(await readFile(path))).toEqual({ seed: "7" });
		expect(await readdir(folder)).toEqual(["a.png"]);
	});

	test("makes the folders that are missing", async () => {
		const path = join(folder, "out", "of", "a.png");
		await savePng(path, grey, { seed: "7" });
		expect(readPngParameters(await readFile(path))).toEqual({ seed: "7" });
	});

	test("says which path could not be written", async () => {
		const path = join(folder, "taken", "a.png");
		await writeFile(join(folder, "taken"), "a file");
		await expect(savePng(path, grey)).rejects.toThrow(FileError);
		await expect(savePng(path, grey)).rejects.toThrow(`${path}: expected a place to write a picture, found a file in`);
	});
});

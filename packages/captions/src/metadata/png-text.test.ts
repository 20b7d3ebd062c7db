import { crc32, deflateSync } from "node:zlib";
import { encodePng } from "@drum/diffusion";
import { describe, expect, it } from "vitest";
import { PngError, readPngText } from "./png-text.ts";

const grey = { width: 3, height: 2, data: new Uint8Array(18).fill(128) };

/** The file with one more chunk after the header, which is always 25 bytes long. */
function withChunk(png: Uint8Array, type: string, data: Uint8Array): Uint8Array {
	const body = Buffer.concat([Buffer.from(type, "latin1"), data]);
	const [length, checksum] = [Buffer.alloc(4), Buffer.alloc(4)];
	length.writeUInt32BE(data.length);
	checksum.writeUInt32BE(crc32(body));
	return Buffer.concat([png.subarray(0, 33), length, body, checksum, png.subarray(33)]);
}

const latin1 = (text: string) => Buffer.from(text, "latin1");

describe("readPngText", () => {
	it.each([
		["Latin-1", { prompt: "a café – no", negativePrompt: "\u0080 ÿ" }],
		["any language", { prompt: "猫 🐈", seed: 1 }],
	])("reads what the library's encodePng writes in %s", async (_, parameters) => {
		const { text, ...size } = readPngText(await encodePng(grey, parameters));
		expect(size).toEqual({ width: 3, height: 2 });
		expect(JSON.parse((await text("parameters"))!)).toEqual(parameters);
	});

	it("finds no text in a picture without", async () => {
		expect(await readPngText(await encodePng(grey)).text("parameters")).toBeUndefined();
	});

	it("reads zTXt, and iTXt with and without compression, language and translated keyword", async () => {
		const png = await encodePng(grey);
		const packed = (text: string) => deflateSync(Buffer.from(text));
		const chunks: [string, Uint8Array, string][] = [
			["zTXt", Buffer.concat([latin1("k\0\0"), packed("a star")]), "a star"],
			["iTXt", Buffer.concat([latin1("k\0\x01\0en\0key\0"), packed("étoile ★")]), "étoile ★"],
			["iTXt", Buffer.concat([latin1("k\0\0\0fr\0clé\0"), Buffer.from("étoile ★")]), "étoile ★"],
			["tEXt", latin1("k\0\x93caf\xe9\x94"), "\x93café\x94"],
		];
		for (const [type, data, text] of chunks)
			expect(await readPngText(withChunk(png, type, data)).text("k"), type).toBe(text);
	});

	it("keeps the first of two texts of one keyword", async () => {
		const second = withChunk(await encodePng(grey), "tEXt", latin1("k\0second"));
		expect(await readPngText(withChunk(second, "tEXt", latin1("k\0first"))).text("k")).toBe("first");
	});

	it.each([
		["another file", () => Buffer.from("prompt,intensity\na star,5\n")],
		["a JPEG", () => Buffer.from([0xff, 0xd8, 0xff, 0xe0, 0, 16, 74, 70, 73, 70])],
		["an empty file", () => new Uint8Array()],
		["a file cut off", async () => (await encodePng(grey, { seed: 1 })).subarray(0, 60)],
		["a chunk longer than the file", async () => withLength(await encodePng(grey), 0x7fffffff)],
		["a damaged compressed text", async () => withChunk(await encodePng(grey), "zTXt", latin1("k\0\0none"))],
		[
			"a text that unpacks to more than settings can be",
			async () =>
				withChunk(await encodePng(grey), "zTXt", Buffer.concat([latin1("k\0\0"), deflateSync(Buffer.alloc(5e6))])),
		],
	])("refuses %s in words", async (_, make) => {
		const bytes = await make();
		await expect(async () => readPngText(bytes).text("k")).rejects.toThrow(PngError);
	});

	it("looks at no text but the one that is asked for", async () => {
		const bomb = withChunk(
			await encodePng(grey, { seed: 1 }),
			"zTXt",
			Buffer.concat([latin1("k\0\0"), deflateSync(Buffer.alloc(5e6))]),
		);
		const { text } = readPngText(withChunk(bomb, "zTXt", latin1("j\0\0none")));
		expect(JSON.parse((await text("parameters"))!)).toEqual({ seed: 1 });
	});
});

function withLength(png: Uint8Array, length: number): Uint8Array {
	const changed = Buffer.from(png);
	changed.writeUInt32BE(length, 33);
	return changed;
}

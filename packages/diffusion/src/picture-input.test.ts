import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { crc32 } from "node:zlib";
import fc from "fast-check";
import sharp from "sharp";
import { afterAll, expect, test } from "vitest";
import { encodePng, fromImages, type Image, OpenedPicture, openPicture, toImages } from "./index.ts";

const folder = await mkdtemp(join(tmpdir(), "picture-input-"));
afterAll(() => rm(folder, { recursive: true }));

const picture = (width: number, height: number, data: Uint8Array): Image => ({ width, height, data });
const pictures = fc
	.tuple(fc.integer({ min: 1, max: 9 }), fc.integer({ min: 1, max: 9 }))
	.chain(([width, height]) =>
		fc
			.uint8Array({ minLength: width * height * 3, maxLength: width * height * 3 })
			.map((data) => picture(width, height, data)),
	);

test("what a VAE is given of a picture is the picture again, to the bit", () => {
	fc.assert(
		fc.property(pictures, (image) => {
			expect(toImages(fromImages([image, image]))).toEqual([image, image]);
		}),
	);
});

test("a path, a file's bytes and pixels are the same picture; one that was opened stays as it is", async () => {
	await fc.assert(
		fc.asyncProperty(pictures, async (image) => {
			const png = await encodePng(image);
			const path = join(folder, "picture.png");
			await writeFile(path, png);
			const [own, ...others] = await Promise.all([image, png, path].map((each) => openPicture(each, "image")));
			for (const each of others) expect(each).toEqual(own);
			expect(own).toMatchObject(image);
			expect(await openPicture(own!, "image", 0)).toBe(own);
		}),
		{ numRuns: 10 },
	);
});

test("pixels have one to four channels, and what is behind shows through them", async () => {
	const open = (data: number[], behind?: number) =>
		openPicture({ width: 2, height: 1, data: Uint8ClampedArray.from(data) }, "image", behind);
	expect((await open([10, 200])).data).toEqual(Uint8Array.of(10, 10, 10, 200, 200, 200));
	const grey = await open([10, 255, 200, 0]);
	expect([...grey.data, grey.transparent]).toEqual([10, 10, 10, 255, 255, 255, true]);
	const colours = await open([1, 2, 3, 255, 250, 150, 50, 51], 0);
	expect([...colours.data]).toEqual([1, 2, 3, 50, 30, 10]);
	expect((await open([1, 2, 3, 255, 4, 5, 6, 255])).transparent).toBe(false);
});

test("colours of print, of 16 bits and of AVIF come as red, green and blue", async () => {
	const raw = { width: 16, height: 16, channels: 3 } as const;
	const red = sharp(Buffer.alloc(16 * 16 * 3, Uint8Array.of(230, 20, 30)), { raw });
	const files = [
		await red.clone().toColourspace("cmyk").jpeg({ quality: 100 }).toBuffer(),
		await red.clone().toColourspace("rgb16").png().toBuffer(),
		await red.clone().avif({ quality: 100 }).toBuffer(),
		await red.clone().gif().toBuffer(),
	];
	for (const file of files) {
		const { data, width, height } = await openPicture(file, "image");
		expect([width, height, data.length]).toEqual([16, 16, 768]);
		expect(data[0]).toBeGreaterThan(190);
		expect(Math.max(data[1]!, data[2]!)).toBeLessThan(60);
	}
});

const whole = await encodePng(
	picture(
		40,
		40,
		new Uint8Array(40 * 40 * 3).map((_, i) => (i * 7919) % 251),
	),
);
/** A PNG of 64,000 × 64,000 pixels by its header. */
const bomb = Buffer.from(whole);
bomb.writeUInt32BE(64_000, 16);
bomb.writeUInt32BE(64_000, 20);
bomb.writeUInt32BE(crc32(bomb.subarray(12, 29)), 29);
const svg = Buffer.from(
	'<svg xmlns="http://www.w3.org/2000/svg" width="9" height="9"><rect width="9" height="9"/></svg>',
);

test.each<[string, unknown, RegExp]>([
	["half a file", whole.subarray(0, whole.length / 2), /^image: expected a whole PNG, JPEG.*found a damaged one \(/],
	[
		"no picture",
		Buffer.from("hello, this is text"),
		/^image: expected a whole PNG, JPEG.*found a file of another kind/,
	],
	["nothing", new Uint8Array(), /^image: expected a whole PNG, JPEG.*found no bytes$/],
	["an empty path", "", /^image: expected a path of a file, found an empty path/],
	["an address", "https://example.com/a.png", /^image: expected a path of a file, found https:\. Of what is elsewhere/],
	["an address with its bytes", "data:image/png;base64,AAAA", /^image: expected a path of a file, found data:/],
	["a drawing", svg, /^image: expected a whole PNG, .*found a file of another kind/],
	[
		"a drawing that says that it is none",
		Buffer.concat([Buffer.from("GIF89a"), svg]),
		/^image: expected a whole PNG, .*found a/,
	],
	["more pixels than memory", bomb, /^image: expected at most 100 million pixels, found 64000 × 64000/],
	["pixels without a size", { data: new Uint8Array(12) }, /^image: expected a path, a file's bytes, or/],
	["five bytes a pixel", { width: 1, height: 2, data: new Uint8Array(10) }, /found 1 × 2 with 10 bytes/],
	["other channels than it says", { width: 2, height: 2, channels: 4, data: new Uint8Array(12) }, /with 12 bytes/],
	["numbers", { width: 2, height: 2, data: new Float32Array(12) }, /with 0 bytes/],
	["a list", [1, 2, 3], /^image: expected a path/],
	["null", null, /^image: expected a path/],
	["a huge size", { width: 20_000, height: 20_000, data: { length: 4e8 } }, /^image: expected/],
])("%s is refused, by the option's name", async (_, input, message) => {
	const opening = openPicture(input as never, "image");
	await expect(opening).rejects.toThrow(message);
	await expect(opening).rejects.toMatchObject({ code: "argument" });
});

test("a file that is not there, or is a folder, is named", async () => {
	const missing = openPicture(join(folder, "none.png"), "image");
	await expect(missing).rejects.toMatchObject({ code: "file", what: join(folder, "none.png") });
	await expect(openPicture(folder, "image")).rejects.toMatchObject({ code: "file" });
	expect(new OpenedPicture(picture(1, 1, new Uint8Array(3)), false).transparent).toBe(false);
});

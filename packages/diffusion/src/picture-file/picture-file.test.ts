import { mkdtemp, readdir, readFile, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { deflateSync } from "node:zlib";
import { ArgumentError, FileError } from "@drum/tensor";
import fc from "fast-check";
import sharp from "sharp";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import {
	encodePicture,
	encodePng,
	GeneratedImage,
	type ImageParameters,
	PICTURE_FORMATS,
	type PictureFormat,
	type PictureMark,
	readPictureMarks,
	readPngParameters,
	replacePngParameters,
} from "../index.ts";
import { writeChunks } from "../png-chunks.ts";

const TRAINED = "http://cv.iptc.org/newscodes/digitalsourcetype/trainedAlgorithmicMedia";
const [width, height] = [24, 17];
const data = Uint8Array.from({ length: width * height * 3 }, (_, i) => (i * 5) % 256);
const parameters: ImageParameters = { prompt: "a café 猫", seed: 7, references: [{ prompt: "secret", intensity: 2 }] };
const image = new GeneratedImage({ width, height, data }, parameters);
const write = (format: PictureFormat, options = {}) => encodePicture(image, parameters, { format, ...options });

// Made by piexif 1.1.3 and Pillow, as A1111's web UI saves its pictures: 8 × 8.
const WEB_UI = {
	text: "a lighthouse, (storm:1.2)\nNegative prompt: blurry\nSteps: 20, Sampler: Euler a, CFG scale: 7, Seed: 5, Size: 8x8, Model: ☕",
	webp: "UklGRnABAABXRUJQVlA4WAoAAAAIAAAABwAABwAAVlA4ICgAAACQAQCdASoIAAgAB0CWJaACdLoAA5gA/uUK+Cepco/+N48CvJdjoAAARVhJRiIBAABNTQAqAAAACAABh2kABAAAAAEAAAAaAAAAAAABkoYABwAAAPoAAAAoVU5JQ09ERQAAYQAgAGwAaQBnAGgAdABoAG8AdQBzAGUALAAgACgAcwB0AG8AcgBtADoAMQAuADIAKQAKAE4AZQBnAGEAdABpAHYAZQAgAHAAcgBvAG0AcAB0ADoAIABiAGwAdQByAHIAeQAKAFMAdABlAHAAcwA6ACAAMgAwACwAIABTAGEAbQBwAGwAZQByADoAIABFAHUAbABlAHIAIABhACwAIABDAEYARwAgAHMAYwBhAGwAZQA6ACAANwAsACAAUwBlAGUAZAA6ACAANQAsACAAUwBpAHoAZQA6ACAAOAB4ADgALAAgAE0AbwBkAGUAbAA6ACAmFQ==",
} as const;

describe.each(PICTURE_FORMATS)("a %s file", (format) => {
	test("tells IPTC's source type and the parameters, which libvips reads too", async () => {
		const file = await write(format);
		expect(await readPictureMarks(file)).toEqual({
			...{ format, width, height, sourceType: "trainedAlgorithmicMedia" },
			parameters: { prompt: "a café 猫", seed: 7 },
		});
		const seen = await sharp(file).metadata();
		expect([seen.format, seen.width, seen.height]).toEqual([format, width, height]);
		expect(seen.xmpAsString ?? seen.xmp?.toString()).toContain(
			`<Iptc4xmpExt:DigitalSourceType>${TRAINED}</Iptc4xmpExt:DigitalSourceType>`,
		);
		if (format !== "png") {
			const comment = Buffer.from(seen.exif!).subarray(-2 * JSON.stringify({ prompt: "a café 猫", seed: 7 }).length);
			expect(JSON.parse(Buffer.from(comment).swap16().toString("utf16le"))).toEqual({ prompt: "a café 猫", seed: 7 });
		}
	});

	test("tells what is asked for: another type, all parameters, nothing", async () => {
		const composite = await write(format, { sourceType: "compositeWithTrainedAlgorithmicMedia", parameters: "full" });
		expect(await readPictureMarks(composite)).toMatchObject({
			...{ sourceType: "compositeWithTrainedAlgorithmicMedia", parameters },
		});
		const bare = await write(format, { sourceType: "none", parameters: "none" });
		expect(await readPictureMarks(bare)).toEqual({ format, width, height });
		expect((await sharp(bare).metadata()).xmp).toBeUndefined();
		const own = new GeneratedImage(image, parameters, "compositeWithTrainedAlgorithmicMedia");
		const { sourceType } = await readPictureMarks(new Uint8Array(await (await own.toBlob({ format })).arrayBuffer()));
		expect(sourceType).toBe("compositeWithTrainedAlgorithmicMedia");
	});

	test("keeps any prompt", async () => {
		const prompts = fc.string({ unit: "grapheme", maxLength: 50 });
		const read = async (prompt: string) =>
			(await readPictureMarks(await encodePicture(image, { prompt }, { format }))).parameters;
		await fc.assert(
			fc.asyncProperty(prompts, async (prompt) => {
				expect(await read(prompt)).toEqual({ prompt });
			}),
			{ numRuns: 15 },
		);
	});

	test("that is cut anywhere is refused, and one that was changed gives no other error", async () => {
		const file = await write(format);
		for (let length = 0; length < file.length; length += 1 + (length >> 4)) {
			await expect(readPictureMarks(file.subarray(0, length)), `${length} bytes`).rejects.toThrow(FileError);
		}
		const change = fc.array(fc.tuple(fc.nat(file.length - 1), fc.nat(255)), { minLength: 1, maxLength: 4 });
		await fc.assert(
			fc.asyncProperty(change, async (changes) => {
				const changed = file.slice();
				for (const [at, byte] of changes) changed[at] = byte;
				await readPictureMarks(changed).catch((error: unknown) => expect(error).toBeInstanceOf(FileError));
			}),
			{ numRuns: 300 },
		);
	});

	test("goes through its marks: pixels, then the whole file", async () => {
		const seen: unknown[] = [];
		const marks: PictureMark[] = [
			{
				name: "darker",
				pixels: ({ data, ...size }, details) => {
					seen.push(details);
					return { ...size, data: data.fill(0) };
				},
			},
			{ name: "longer", file: async (bytes) => Buffer.concat([bytes, Buffer.from("signed")]) },
		];
		const file = await write(format, { mark: marks });
		expect(Buffer.from(file).subarray(-6).toString()).toBe("signed");
		const { channels } = await sharp(file).stats();
		expect(channels.map(({ max }) => max)).toEqual([0, 0, 0]);
		expect(image.data).toEqual(data);
		expect(seen).toEqual([
			{
				...{ format, mediaType: `image/${format}`, width, height, signal: undefined },
				...{ parameters: { prompt: "a café 猫", seed: 7 }, sourceType: "trainedAlgorithmicMedia" },
			},
		]);
	});
});

describe("marks", () => {
	test("are checked before anything is done, and so is what they give", async () => {
		const refusals: [unknown, RegExp][] = [
			[null, /mark: expected { name, pixels } or { name, file }.* found null/],
			[{ name: "a" }, /found { name }/],
			[{ name: "a", file: "b" }, /found { name, file }/],
			[
				[{ name: "a", pixels: () => ({ width: 1, height: 1, data }) }],
				/pixels of the mark a: expected .*24.*, found 1 × 1/,
			],
			[{ name: "a", pixels: () => undefined }, /with 1224 bytes, found nothing/],
			[
				{ name: "a", file: (bytes: Uint8Array) => bytes.subarray(1) },
				/file of the mark a: expected a png file, found other/,
			],
			[{ name: "a", file: () => write("webp") }, /expected a png file, found webp/],
			[{ name: "a", file: () => "signed" }, /found "signed"/],
		];
		for (const [mark, message] of refusals)
			await expect(image.toPng({ mark: mark as PictureMark }), String(message)).rejects.toThrow(message);
	});

	test("end the call with what they throw, and with the signal's reason", async () => {
		const lost = new Error("the key is lost");
		const failing: PictureMark = { name: "a", file: () => Promise.reject(lost) };
		await expect(image.toJpeg({ mark: failing })).rejects.toBe(lost);
		const stop = new AbortController();
		const waiting: PictureMark = {
			name: "a",
			pixels: async (pixels, { signal }) => {
				expect(signal).toBe(stop.signal);
				stop.abort(lost);
				return pixels;
			},
		};
		await expect(image.toWebp({ mark: waiting, signal: stop.signal })).rejects.toBe(lost);
		await expect(image.toPng({ signal: AbortSignal.abort(lost) })).rejects.toBe(lost);
	});
});

describe("save", () => {
	let folder: string;
	beforeAll(async () => {
		folder = await mkdtemp(join(tmpdir(), "pictures-"));
	});
	afterAll(() => rm(folder, { recursive: true }));

	test("writes what the extension says, and nothing where a mark fails", async () => {
		for (const [name, format] of Object.entries({
			"a.png": "png",
			"b.JPG": "jpeg",
			"c.jpeg": "jpeg",
			"d.webp": "webp",
			e: "png",
		})) {
			await image.save(join(folder, name));
			expect((await readPictureMarks(await readFile(join(folder, name)))).format, name).toBe(format);
		}
		const failing: PictureMark = { name: "a", file: () => Promise.reject(new Error("no")) };
		await expect(image.save(join(folder, "f.webp"), { mark: failing })).rejects.toThrow("no");
		expect(await readdir(folder)).not.toContain("f.webp");
	});

	test("makes a smaller file of less quality", async () => {
		const [low, high] = await Promise.all([image.toJpeg({ quality: 20 }), image.toJpeg({ quality: 95 })]);
		expect(low.length).toBeLessThan(high.length);
	});

	test.each<[string, Record<string, unknown>, RegExp]>([
		["a.gif", {}, /expected a name that ends in .png, .jpg, .jpeg or .webp, found \.gif/],
		["a.png", { quality: 80 }, /quality: expected none for PNG/],
		["a.jpg", { quality: 0 }, /quality: expected a number from 1 to 100, found 0/],
		["a.jpg", { qualtiy: 80 }, /Did you mean quality/],
		["a.jpg", { format: "gif" }, /format: expected one of png, jpeg, webp/],
		["a.jpg", { sourceType: "digitalArt" }, /sourceType: expected one of trainedAlgorithmicMedia/],
		["a.jpg", { parameters: "all" }, /parameters: expected one of full, shareable, none/],
	])("refuses %s with %o", async (name, options, message) => {
		const saving = image.save(join(folder, "refused", name), options);
		await expect(saving).rejects.toThrow(ArgumentError);
		await expect(saving).rejects.toThrow(message);
	});

	test("refuses what a format cannot hold", async () => {
		const wide = new GeneratedImage({ width: 16_384, height: 1, data: new Uint8Array(16_384 * 3) }, {});
		await expect(wide.toWebp()).rejects.toThrow(/at most 16383 pixels along a side of a webp file, found 16384 × 1/);
		const told = new GeneratedImage(image, { prompt: "a".repeat(40_000) });
		await expect(told.toJpeg()).rejects.toThrow(/parameters of a JPEG file: expected at most 65533 bytes/);
		expect((await readPictureMarks(await told.toWebp())).parameters?.prompt).toHaveLength(40_000);
	});
});

describe("readPictureMarks", () => {
	test("finds nothing in plain pictures of any kind", async () => {
		const plain = sharp(data, { raw: { width, height, channels: 3 } });
		for (const format of ["png", "jpeg", "webp", "avif", "tiff", "gif"] as const) {
			const found = await readPictureMarks(await plain.clone().toFormat(format).toBuffer());
			expect(found).toEqual({ format: format === "avif" ? "heif" : format, width, height });
		}
	});

	test("reads other programs' XMP and settings, in every form they are written", async () => {
		const iptc = 'xmlns:I="http://iptc.org/std/Iptc4xmpExt/2008-02-29/"';
		const forms = [
			`<r:Description ${iptc} I:DigitalSourceType="${TRAINED}"/>`,
			`<r:Description ${iptc.replaceAll('"', "'")}><I:DigitalSourceType>\n${TRAINED} </I:DigitalSourceType></r:Description>`,
			`<r:Description ${iptc}><I:DigitalSourceType r:resource="${TRAINED}"/></r:Description>`,
		];
		const jpeg = sharp(data, { raw: { width, height, channels: 3 } }).jpeg();
		for (const form of forms) {
			const file = await jpeg.clone().withXmp(`<x:xmpmeta xmlns:x="adobe:ns:meta/">${form}</x:xmpmeta>`).toBuffer();
			expect((await readPictureMarks(file)).sourceType, form).toBe("trainedAlgorithmicMedia");
		}
		const foreign = forms[0]!.replace("2008", "2009");
		expect(await readPictureMarks(await jpeg.clone().withXmp(foreign).toBuffer())).not.toHaveProperty("sourceType");
		const avif = sharp(data, { raw: { width, height, channels: 3 } })
			.withXmp(forms[0]!)
			.avif();
		expect((await readPictureMarks(await avif.toBuffer())).sourceType).toBe("trainedAlgorithmicMedia");
		const { settings } = await readPictureMarks(Buffer.from(WEB_UI.webp, "base64"));
		expect(settings).toMatchObject({
			program: "Stable Diffusion web UI",
			prompt: "a lighthouse, storm",
			seed: 5,
			model: "☕",
		});
	});

	test("reads comments in either order of bytes, and passes over damaged EXIF", async () => {
		const exif = (await sharp(Buffer.from(WEB_UI.webp, "base64")).metadata()).exif!;
		expect(
			Buffer.from(exif)
				.subarray(-2 * WEB_UI.text.length)
				.swap16()
				.toString("utf16le"),
		).toBe(WEB_UI.text);
		const little = await sharp(data, { raw: { width, height, channels: 3 } })
			.jpeg()
			.withExif({ IFD2: { UserComment: '{"prompt":"a star"}' } })
			.toBuffer();
		expect((await readPictureMarks(little)).parameters).toEqual({ prompt: "a star" });
	});

	test("unpacks no text beyond 4 MB, and none that is not asked for", async () => {
		const bomb = deflateSync(Buffer.alloc(8e6, 97));
		const png = await encodePng(image, undefined, { sourceType: "none" });
		const text = (keyword: string) => ({ type: "zTXt", data: Buffer.concat([Buffer.from(`${keyword}\0\0`), bomb]) });
		const withText = (keyword: string) => {
			const [end, ...others] = [png.subarray(-12), png.subarray(0, -12)];
			return Buffer.concat([...others, writeChunks([text(keyword)]).subarray(8), end!]);
		};
		await expect(readPictureMarks(withText("parameters"))).rejects.toThrow(/at most 4000000 bytes of text, found more/);
		expect(await readPictureMarks(withText("other"))).toEqual({ format: "png", width, height });
	});

	test("says what it takes for bytes of another kind", async () => {
		await expect(readPictureMarks(new Uint8Array())).rejects.toThrow(/expected a PNG, .* found no bytes/);
		await expect(readPictureMarks(Buffer.from("<svg/>".padEnd(64)))).rejects.toThrow(FileError);
		await expect(readPictureMarks(Buffer.from("GIF89a".padEnd(64)))).rejects.toThrow(/a damaged one/);
	});
});

test("a PNG keeps what it says of its source when its parameters change, and an older one gets it", async () => {
	const composite = await write("png", { sourceType: "compositeWithTrainedAlgorithmicMedia" });
	const changed = replacePngParameters(composite, { seed: 1 }, "trainedAlgorithmicMedia");
	expect((await readPictureMarks(changed)).sourceType).toBe("compositeWithTrainedAlgorithmicMedia");
	const older = await write("png", { sourceType: "none" });
	expect(await readPictureMarks(replacePngParameters(older, undefined))).toEqual({ format: "png", width, height });
	const marked = replacePngParameters(older, { seed: 1 }, "trainedAlgorithmicMedia");
	expect(await readPictureMarks(marked)).toMatchObject({
		sourceType: "trainedAlgorithmicMedia",
		parameters: { seed: 1 },
	});
	expect(readPngParameters(marked)).toEqual({ seed: 1 });
});

test("files of very many parts, or of texts that are too long, are refused before they take memory", async () => {
	const webp = Buffer.from(await write("webp"));
	const empty = Buffer.alloc(8 * 100_001);
	const chunks = Buffer.concat([webp, empty]);
	chunks.writeUInt32LE(chunks.length - 8, 4);
	await expect(readPictureMarks(chunks)).rejects.toThrow("WebP file: expected at most 100000 chunks, found more");
	const exif = Buffer.concat([Buffer.from("EXIF\0\0\0\0"), Buffer.alloc(4_000_002)]);
	exif.writeUInt32LE(exif.length - 8, 4);
	const long = Buffer.concat([await write("webp", { parameters: "none" }), exif]);
	long.writeUInt32LE(long.length - 8, 4);
	await expect(readPictureMarks(long)).rejects.toThrow("EXIF data: expected at most 4000000 bytes of text");
	const png = writeChunks(Array(100_001).fill({ type: "noNe", data: new Uint8Array() }));
	await expect(readPictureMarks(png)).rejects.toThrow("PNG file: expected at most 100000 chunks, found more");
});

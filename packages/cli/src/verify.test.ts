import { mkdtemp, readFile, rm, truncate, writeFile } from "node:fs/promises";
import { createRequire } from "node:module";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { encodePng, GeneratedImage } from "@drum/diffusion";
import { makeCredentials } from "@drum/test-certificates";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { drum, SD1 } from "./testing/command.ts";
import { pngText } from "./testing/png-text.ts";

// Oracle: what the library was told to write; sharp, which writes plain pictures.

type Sharp = (pixels: Uint8Array, options: object) => { toFormat(format: string): { toBuffer(): Promise<Buffer> } };
const sharp = createRequire(new URL("../../diffusion/package.json", import.meta.url))("sharp") as Sharp;

const pixels = { width: 12, height: 10, data: new Uint8Array(360).map((_, i) => (i * 7) % 256) };
const image = new GeneratedImage(pixels, { prompt: "a star\u001b[2J", seed: 5, numInferenceSteps: 2 });
let folder: string;
beforeAll(async () => {
	folder = await mkdtemp(join(tmpdir(), "verify-"));
});
afterAll(() => rm(folder, { recursive: true }));
const at = (name: string) => join(folder, name);
const verify = async (name: string) => {
	const { code, stdout } = await drum(["verify", at(name), "--json"]);
	return { code, ...JSON.parse(stdout) };
};

describe("drum verify", () => {
	it.each(["star.png", "star.jpg", "star.webp"])("tells what %s says, in a table and in JSON", async (name) => {
		await image.save(at(name));
		const { format, ...report } = await verify(name);
		expect(report).toEqual({
			...{ code: 0, name: at(name), marked: true, width: 12, height: 10, sourceType: "trainedAlgorithmicMedia" },
			parameters: { prompt: "a star\u001b[2J", seed: 5, numInferenceSteps: 2 },
		});
		const { code, stdout } = await drum(["verify", at(name)]);
		expect([code, stdout]).toEqual([
			0,
			`${at(name)}: ${{ png: "PNG", jpeg: "JPEG", webp: "WebP" }[format as string]} of 12 × 10\n` +
				"source type        trainedAlgorithmicMedia: an AI model drew it\n" +
				"drawn by           DrUM\nprompt             a star\\u001b[2J\nseed               5\nnumInferenceSteps  2\n",
		]);
	});

	it.each(["png", "jpeg", "webp", "avif", "tiff", "gif"])(
		"says of a plain %s that nothing is there, with code 3",
		async (format) => {
			const raw = { raw: { width: 12, height: 10, channels: 3 } };
			await writeFile(at("plain"), await sharp(pixels.data, raw).toFormat(format).toBuffer());
			const named = format === "avif" ? "heif" : format;
			expect(await verify("plain")).toEqual({
				code: 3,
				name: at("plain"),
				marked: false,
				format: named,
				width: 12,
				height: 10,
			});
			const { stdout, stderr } = await drum(["verify", at("plain")]);
			expect(stdout).toMatch(/ of 12 × 10, whose file says nothing about its origin\n$/);
			expect(stderr).toBe("");
		},
	);

	it("reads what other programs tell, as drum inspect does", async () => {
		const png = await encodePng(pixels, undefined, { sourceType: "none" });
		const text =
			"a lighthouse\nNegative prompt: blurry\nSteps: 20, Sampler: Euler a, CFG scale: 7, Seed: 5, Model: v1-5";
		const chunk = pngText("parameters", text);
		await writeFile(at("other.png"), Buffer.concat([png.subarray(0, 33), chunk, png.subarray(33)]));
		const settings = { program: "Stable Diffusion web UI", prompt: "a lighthouse", negativePrompt: "blurry", seed: 5 };
		expect(await verify("other.png")).toMatchObject({ code: 0, marked: true, settings });
		const { stdout } = await drum(["inspect", at("other.png"), "--json"]);
		expect(JSON.parse(stdout)).toMatchObject({ kind: "picture", settings });
		expect((await drum(["verify", at("other.png")])).stdout).toContain("drawn by           Stable Diffusion web UI");
	});

	it.each([
		["star.png", /: expected a chunk or the end mark, found the end of the bytes/],
		["star.jpg", /: expected (the end mark|a whole segment)/],
		["star.webp", /: expected \d+ bytes, found \d+/],
	])("refuses %s cut off, with code 1", async (name, message) => {
		await image.save(at(name));
		await truncate(at(name), (await readFile(at(name))).length - 10);
		const { code, stdout, stderr } = await drum(["verify", at(name)]);
		expect([code, stdout]).toEqual([1, ""]);
		expect(stderr).toMatch(message);
		expect(stderr).toContain(at(name));
	});

	it("checks the signature that drum generate made", async () => {
		const { certificate, key, authority } = await makeCredentials();
		for (const [name, text] of Object.entries({ certificate, key, authority }))
			await writeFile(at(`${name}.pem`), text);
		const signing = ["--sign-certificate", at("certificate.pem"), "--sign-key", at("key.pem")];
		const argv = ["generate", "--model", SD1, "--prompt", "a star", "--steps", "1", "--seed", "1"];
		const { code, stderr } = await drum([...argv, ...signing, "--sign-parameters", "--out", at("signed.webp")]);
		expect(code, stderr).toBe(0);
		expect(await verify("signed.webp")).toMatchObject({
			...{ code: 0, marked: true, manifest: true, parameters: { prompt: "a star" } },
			c2pa: { state: "valid", signer: "Acme", parameters: { prompt: "a star" } },
		});
		const trusting = await drum(["verify", at("signed.webp"), "--trust", at("authority.pem")]);
		expect(trusting).toMatchObject({
			code: 0,
			stdout: expect.stringContaining("C2PA, valid, by a signer whose authority is trusted"),
		});
		const file = await readFile(at("signed.webp"));
		file[60]! ^= 1;
		await writeFile(at("changed.webp"), file);
		const { code: changed, stdout, stderr: why } = await drum(["verify", at("changed.webp")]);
		expect([changed, stdout]).toEqual([1, expect.stringContaining("invalid: the picture")]);
		expect(why).toMatch(/expected a valid signature, found .*mismatch/);
		// Said before the model, which is nowhere, is looked for.
		const nowhere = ["generate", "--model", "no/such", "--offline", "--prompt", "x"];
		for (const [more, message] of [
			[signing.slice(2), "expected --sign-certificate and --sign-key, found --sign-key"],
			[[...signing, "--no-source-type"], "--no-source-type: expected none with --sign-certificate"],
			[
				["--sign-certificate", at("certificate.pem"), "--sign-key", at("certificate.pem")],
				"key: expected a private key",
			],
		] as const)
			expect(await drum([...nowhere, ...more])).toMatchObject({ code: 2, stderr: expect.stringContaining(message) });
	});

	it("refuses what is no picture, and a file beyond its bound without reading it", async () => {
		await writeFile(at("text.png"), "no picture at all");
		expect(await drum(["verify", at("text.png")])).toMatchObject({
			code: 1,
			stderr: expect.stringContaining("found a file of another kind"),
		});
		expect(await drum(["verify", at("nowhere.png")])).toMatchObject({ code: 1 });
		await writeFile(at("huge.png"), "");
		await truncate(at("huge.png"), 300_000_000);
		expect(await drum(["verify", at("huge.png")])).toMatchObject({ code: 1, stderr: expect.stringMatching(/at most/) });
	});
});

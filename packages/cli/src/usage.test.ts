import { chmod, mkdir, mkdtemp, rm, writeFile } from "node:fs/promises";
import { homedir, tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, it, vi } from "vitest";
import { drum, SD1, SD2 } from "./testing/command.ts";

// Oracle: what a user may expect of a command line: a reason in a line or two, code 2 for wrong usage and 1 for failures.

let folder: string;
beforeAll(async () => {
	folder = await mkdtemp(join(tmpdir(), "usage-"));
	await writeFile(join(folder, "file"), "");
	await writeFile(join(folder, "h.csv"), "prompt\na\n");
});
afterAll(() => rm(folder, { recursive: true }));

/** `@` stands for the folder. A model that is nowhere shows that the mistake is told before it is looked for. */
const NOWHERE = ["generate", "--model", "no/such-model", "--offline", "--prompt", "x"];
const inFolder = (argv: readonly string[]) => argv.map((word) => word.replace(/^@/, folder));

describe("wrong usage ends with code 2", () => {
	it.each([
		[["generate", "--model", "m"], "required option '--prompt <text>' not specified"],
		[["generate", "--promt", "x"], "(Did you mean --prompt?)"],
		[["genrate"], "(Did you mean generate?)"],
		[[], "Usage: drum"],
		[[...NOWHERE, "more"], "too many arguments"],
		[[...NOWHERE, "--alpha", "2"], "Expected a number from 0 to 1"],
		[[...NOWHERE, "--alpha", "-0.1"], "Expected a number from 0 to 1"],
		[[...NOWHERE, "--alpha", ""], "Expected a number from 0 to 1"],
		[[...NOWHERE, "--steps", "0"], "Expected an integer from 1 to 1000"],
		[[...NOWHERE, "--steps", "4.5"], "Expected an integer from 1 to 1000"],
		[[...NOWHERE, "--seed", "0x10"], "Expected an integer from 0 to 2^53 − 1"],
		[[...NOWHERE, "--height", "100"], "Expected a multiple of 8"],
		[[...NOWHERE, "--scheduler", "huen"], "Allowed choices are ddim, ddpm, pndm"],
		[[...NOWHERE, "--textual-inversion", "=x"], "Expected a source, or source=token"],
		[[...NOWHERE, "--prompt-syntax", "compel"], "Allowed choices are plain, a1111"],
		[[...NOWHERE, "--device", "gpu"], "Allowed choices are cpu"],
		[[...NOWHERE, "--profile", "p", "--reference", "r"], "cannot be used with"],
		[[...NOWHERE, "--profile", "p", "--history", "h"], "cannot be used with"],
		[[...NOWHERE, "--history", "h", "--reference", "r"], "cannot be used with"],
		[[...NOWHERE, "--history", "h", "--ratio", "0.1", "--size", "3"], "cannot be used with"],
		[[...NOWHERE, "--ratio", "0.1"], "expected a --history"],
		[[...NOWHERE, "--weight", "1"], "found 1 for 0"],
		[[...NOWHERE, "--reference", "a", "--reference", "b", "--weight", "1"], "found 1 for 2"],
		[[...NOWHERE, "--reference", " "], "expected a prompt, found an empty one"],
		[[...NOWHERE, "--reference", "a", "--weight", "0"], "at least one other than 0"],
		[[...NOWHERE, "--strength", "0.5"], "--strength: expected an --image too"],
		[[...NOWHERE, "--mask", "@/file"], "--mask: expected an --image too"],
		[[...NOWHERE, "--image", "@/file", "--strength", "0"], "Expected a number above 0, up to 1"],
		[[...NOWHERE, "--image", "@/file"], "--image: expected a whole PNG, JPEG, WebP, AVIF, GIF or TIFF picture"],
		[[...NOWHERE, "--out", "picture.gif"], "expected a folder, or a file that ends in .png, .jpg, .jpeg or .webp"],
		[[...NOWHERE, "--out", "picture.jpg", "--picture-format", "webp"], "expected a file of webp"],
		[[...NOWHERE, "--quality", "80"], "--quality 80: expected none for PNG"],
		[[...NOWHERE, "--out", "picture.webp", "--quality", "101"], "--quality"],
		[
			["generate", "--prompt", "x", "--model", "nowhere"],
			"expected an existing folder, or a hub repository's owner/name",
		],
		[["coreset", "--history", "@/h.csv"], "--model: expected one"],
		[["inspect", "@/file"], "expected a hub id, a folder, a .safetensors file, or a .png, .jpg or .webp picture"],
		[["inspect", "nowhere.safetensors"], "no such file"],
	])("%j", async (argv, said) => {
		const { code, stdout, stderr } = await drum(inFolder(argv));
		expect(stderr).toContain(said);
		expect([code, stdout]).toEqual([2, ""]);
		expect(stderr).not.toMatch(/^\s+at /m);
	});
});

describe("a failure ends with code 1", () => {
	it.each([
		[
			[...NOWHERE, "--history", "@/none.csv"],
			"history @/none.csv: expected a file that can be read, found no such file",
		],
		[[...NOWHERE, "--profile", "@/none.safetensors"], "none.safetensors"],
		[[...NOWHERE, "--out", "@/file/in"], "found a file in a folder's place"],
		[
			[...NOWHERE],
			"offline, as set by --offline. Run this once with access to the hub, and without HF_HUB_OFFLINE or --offline",
		],
		[["profile", "--model", SD1, "--history", "@/h.csv", "--out", "@"], "found a folder"],
		[["profile", "--model", SD1, "--history", "@/h.csv", "--out", "@/file"], "found another kind of file"],
		[
			["generate", "--model", "@", "--prompt", "x"],
			"model_index.json: expected the list of a checkpoint's parts, found no such file",
		],
		[
			["generate", "--model", SD2, "--adapters", "@", "--prompt", "x", "--reference", "a"],
			"expected weight/H.safetensors or H.safetensors",
		],
		[["inspect", "@"], "expected a model_index.json, or safetensors files"],
	])("%j", async (argv, said) => {
		const { code, stdout, stderr } = await drum(inFolder(argv));
		expect(stderr).toContain(said.replace("@", folder));
		expect([code, stdout]).toEqual([1, ""]);
		expect(stderr).not.toMatch(/^\s+at /m);
	});

	it("in a folder that may not be written to", async () => {
		const locked = join(folder, "locked");
		await mkdir(locked);
		await chmod(locked, 0o500);
		// The superuser may write everywhere but to /proc.
		const out = process.getuid?.() === 0 ? "/proc/pictures" : join(locked, "pictures");
		expect(await drum([...NOWHERE, "--out", out])).toMatchObject({
			code: 1,
			stderr: expect.stringContaining("expected a folder that can be written to"),
		});
	});

	it("with its stack if DRUM_DEBUG is set", async () => {
		const { stderr } = await drum([...NOWHERE], { env: { DRUM_DEBUG: "1" } });
		expect(stderr).toMatch(/^DownloadError: [^\n]+\n\s+at /);
	});
});

describe("inspect", () => {
	it("names what is no checkpoint, with the way out", async () => {
		const place = await mkdtemp(join(folder, "gguf-"));
		await writeFile(join(place, "flux1-dev-Q4_0.gguf"), "GGUF");
		const { code, stderr } = await drum(["inspect", place]);
		expect(code).toBe(1);
		expect(stderr).toMatch(/found neither, but GGUF weights \(flux1-dev-Q4_0\.gguf\)\. GGUF is not read/);
		expect((await drum(["inspect", join(place, "flux1-dev-Q4_0.gguf")])).stderr).toMatch(
			/found GGUF weights\. GGUF is/,
		);
	});
});

describe("paths", () => {
	it("have variables of the environment and ~ expanded, as options and as arguments", async () => {
		vi.stubEnv("DRUM_TEST_PLACE", folder);
		const place = "$DRUM_TEST_PLACE/nothing-here";
		expect((await drum(["inspect", place])).stderr).toContain(join(folder, "nothing-here"));
		expect((await drum([...NOWHERE, `--profile=${place}`])).stderr).toContain(join(folder, "nothing-here"));
		expect((await drum(["inspect", "~/no-such-folder/x.safetensors"])).stderr).toContain(homedir());
		vi.unstubAllEnvs();
	});
});

describe("help", () => {
	it.each(["generate", "profile", "coreset", "inspect", "bench"])("of %s has examples", async (command) => {
		const { code, stdout, stderr } = await drum([command, "--help"]);
		expect([code, stderr]).toEqual([0, ""]);
		expect(stdout).toMatch(new RegExp(`Examples:\n  (.* \\| )?drum ${command} `));
	});

	it("and version are on stdout", async () => {
		expect((await drum(["--help"])).stdout).toContain("Exit codes: 0 done");
		expect((await drum(["--version"])).stdout).toMatch(/^\d+\.\d+\.\d+\n$/);
	});
});

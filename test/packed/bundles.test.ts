import { cp, mkdir, mkdtemp, rm, symlink, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { build } from "esbuild";
import { afterAll, beforeAll, describe, expect, inject, it } from "vitest";
import { run } from "./commands.ts";
import { FIXTURES } from "./places.ts";

const consumer = inject("consumer");
const CHECKPOINT = join(FIXTURES, "sd1");
const ADAPTERS = join(FIXTURES, "adapters");
/** What no bundle holds. */
const NATIVE = ["onnxruntime-node", "sharp"];

let folder: string;
beforeAll(async () => {
	folder = await mkdtemp(join(tmpdir(), "drum-bundles-"));
	await mkdir(join(folder, "node_modules"));
});
afterAll(() => rm(folder, { recursive: true, force: true }));

const draw = (program: string, cwd = folder) =>
	run(cwd, process.execPath, program, CHECKPOINT, ADAPTERS, join(folder, "picture.png"));

/** The program of a user as one file. */
function bundle(outfile: string, format: "esm" | "cjs") {
	return build({
		absWorkingDir: consumer,
		entryPoints: ["generate.mjs"],
		...{ bundle: true, minify: true, platform: "node", target: "node22", external: ["sharp"], format, outfile },
		logLevel: "silent",
	});
}

describe.each(["esm", "cjs"] as const)("one file by esbuild, minified, as %s", (format) => {
	const program = () => join(folder, `program.${format === "esm" ? "mjs" : "cjs"}`);
	beforeAll(async () => {
		const { errors, warnings } = await bundle(program(), format);
		expect([errors, warnings.filter(({ location }) => !location?.file.includes("node_modules"))]).toEqual([[], []]);
	});

	it("draws what the packages draw, beside the native packages alone, and its errors keep their names", async () => {
		for (const name of NATIVE) await symlink(join(consumer, "node_modules", name), native(name));
		const drawn = JSON.parse(await draw(program()));
		await rm(native("onnxruntime-node"));
		expect(drawn).toEqual(JSON.parse(await draw(join(consumer, "generate.mjs"))));
		expect(drawn.name).toBe("ArgumentError");
	});

	afterAll(() => rm(native("sharp")));

	it("says that ONNX Runtime is missing, or is not whole, and does not blame the checkpoint", async () => {
		const filter = (path: string) => !path.endsWith("bin");
		for (const name of ["onnxruntime-node", "onnxruntime-common"])
			await cp(join(consumer, "node_modules", name), native(name), { recursive: true, filter });
		const broken = "DeviceError: ONNX Runtime could not be started: found Cannot find module";
		await expect(draw(program())).rejects.toThrow(broken);
		await expect(draw(program())).rejects.toThrow("See that the whole folder of onnxruntime-node is there");
		for (const name of ["onnxruntime-node", "onnxruntime-common"]) await rm(native(name), { recursive: true });
		const missing =
			"ONNX Runtime could not be started: found no package onnxruntime-node. Install onnxruntime-node, or copy it";
		await expect(draw(program())).rejects.toThrow(missing);
	});
});

it("CommonJS requires the packages", async () => {
	const program = join(folder, "requires.cjs");
	await build({
		absWorkingDir: consumer,
		entryPoints: ["generate.mjs"],
		...{ bundle: true, platform: "node", packages: "external", format: "cjs", outfile: program },
	});
	await cp(program, join(consumer, "requires.cjs"));
	expect(JSON.parse(await draw(join(consumer, "requires.cjs")))).toMatchObject({
		signature: "PNG",
		name: "ArgumentError",
	});
});

describe("the vocabularies that single files need", () => {
	const program = `import { clipVocabulary } from "@drum/encoders-clip";
import { t5Vocabulary } from "@drum/encoders-t5";
Promise.all([clipVocabulary(), t5Vocabulary()]).then(([clip, t5]) => console.log(Object.keys(clip.vocab).length, t5.spiece.length));`;

	it("come with the installed packages", async () => {
		await writeFile(join(consumer, "vocabularies.mjs"), program);
		expect(await run(consumer, process.execPath, "vocabularies.mjs")).toBe("49408 791656\n");
	});

	it.each(["esm", "cjs"] as const)("are in a bundle, as %s", async (format) => {
		const outfile = join(folder, `vocabularies.${format === "esm" ? "mjs" : "cjs"}`);
		const stdin = { contents: program, resolveDir: consumer };
		await build({ stdin, ...{ bundle: true, minify: true, platform: "node", format, outfile }, logLevel: "silent" });
		expect(await run(folder, process.execPath, outfile)).toBe("49408 791656\n");
	});
});

function native(name: string): string {
	return join(folder, "node_modules", name);
}

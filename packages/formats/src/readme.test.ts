import { spawnSync } from "node:child_process";
import { mkdtemp, readFile, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { writeHoles } from "@drum/test-weights";
import { afterAll, expect, it } from "vitest";

const folder = join(import.meta.dirname, "..");
const [, example = ""] = /```ts\n([\s\S]*?)```/.exec(await readFile(join(folder, "README.md"), "utf8")) ?? [];
const root = await mkdtemp(join(tmpdir(), "readme-"));
afterAll(() => rm(root, { recursive: true }));

it("the README's example runs", async () => {
	await writeHoles(
		join(root, "flux1-dev.safetensors"),
		[
			["double_blocks.0.img_attn.norm.key_norm.scale", [128]],
			["double_blocks.0.img_attn.qkv.weight", [9216, 3072]],
			["guidance_in.in_layer.weight", [3072, 256]],
			["img_in.weight", [3072, 64]],
			["vector_in.in_layer.weight", [3072, 768]],
		],
		"BF16",
	);
	const input = example.replace("flux1-dev.safetensors", join(root, "flux1-dev.safetensors"));
	const flags = [
		"--conditions=@drum/source",
		"--experimental-strip-types",
		"--no-warnings",
		"--input-type=module-typescript",
	];
	const { stdout, stderr } = spawnSync(process.execPath, flags, { cwd: folder, input, encoding: "utf8" });
	const printed = [...example.matchAll(/console\.log.* \/\/ (.*)$/gm)].map(([, comment]) =>
		comment!.replace(/,? a third.*/, ""),
	);
	expect({ stdout, stderr }).toEqual({ stdout: "the transformer of FLUX.1 dev alone\n[ 3072, 3072 ]\n", stderr: "" });
	expect(printed).toEqual(["the transformer of FLUX.1 dev alone", "[3072, 3072]"]);
});

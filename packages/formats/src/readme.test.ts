import { spawnSync } from "node:child_process";
import { mkdir, mkdtemp, readFile, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { TYPESCRIPT } from "@drum/test-process";
import { writeHoles } from "@drum/test-weights";
import { afterAll, expect, it } from "vitest";

const folder = join(import.meta.dirname, "..");
const readme = await readFile(join(folder, "README.md"), "utf8");
const [single = "", lora = ""] = Array.from(readme.matchAll(/```ts\n([\s\S]*?)```/g), ([, code = ""]) => code);
const root = await mkdtemp(join(tmpdir(), "readme-"));
afterAll(() => rm(root, { recursive: true }));

/** Runs an example with the files of the folder. */
function run(example: string) {
	const input = example.replaceAll(/(?<=open\(")[^"]+/g, (file) => join(root, file));
	const flags = [...TYPESCRIPT, "--input-type=module-typescript"];
	const { stdout, stderr } = spawnSync(process.execPath, flags, { cwd: folder, input, encoding: "utf8" });
	const printed = [...example.matchAll(/console\.log.* \/\/ (.*)$/gm)].map(([, comment]) =>
		comment!.replace(/,? a third.*/, ""),
	);
	return { stdout, stderr, printed };
}

it("the README's example of a single file runs", async () => {
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
	expect(run(single)).toEqual({
		stdout: "the transformer of FLUX.1 dev alone\n[ 3072, 3072 ]\n",
		stderr: "",
		printed: ["the transformer of FLUX.1 dev alone", "[3072, 3072]"],
	});
});

it("the README's example of a LoRA runs", async () => {
	const path = "down_blocks.0.attentions.0.transformer_blocks.0.attn1.to_q";
	const name = `lora_unet_${path.replaceAll(".", "_")}`;
	await mkdir(join(root, "unet"));
	await writeHoles(join(root, "unet/diffusion_pytorch_model.safetensors"), [[`${path}.weight`, [320, 320]]], "F16");
	await writeHoles(
		join(root, "style.safetensors"),
		[
			[`${name}.lora_down.weight`, [4, 320]],
			[`${name}.lora_up.weight`, [320, 4]],
		],
		"F16",
	);
	const printed = ["kohya []", `${path} 1`];
	expect(run(lora)).toEqual({ stdout: `${printed.join("\n")}\n`, stderr: "", printed });
});

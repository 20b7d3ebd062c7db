import { readFileSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { CLIPTextEncoder } from "@drum/encoders-clip";
import { QWEN3_USES, Qwen3TextEncoder, type Qwen3UseName } from "@drum/encoders-qwen3";
import { T5TextEncoder } from "@drum/encoders-t5";
import { Checkpoint } from "@drum/tensor/node";

export const golden = (path: string) => fileURLToPath(new URL(`../golden/fixtures/${path}`, import.meta.url));
const json = (path: string) => JSON.parse(readFileSync(golden(path), "utf8"));

const tokenizer = {
	name: "sd1/tokenizer",
	vocab: json("sd1/tokenizer/vocab.json"),
	merges: readFileSync(golden("sd1/tokenizer/merges.txt"), "utf8"),
	config: json("sd1/tokenizer/tokenizer_config.json"),
	specialTokens: json("sd1/tokenizer/special_tokens_map.json"),
};

async function clip(folder: string): Promise<CLIPTextEncoder> {
	const weights = await Checkpoint.open(golden(`${folder}/model.safetensors`));
	const config = json(`${folder}/config.json`);
	return CLIPTextEncoder.create({ name: folder, config, weights, tokenizer, skips: [-1, -2] });
}

export const nativeClip = () => clip("sd1/text_encoder");
export const projectedClip = () => clip("reference/L");

export async function t5(): Promise<T5TextEncoder> {
	const weights = await Checkpoint.open(golden("reference/T5/model.safetensors"));
	const spiece = readFileSync(
		new URL("../../packages/encoders-t5/src/fixtures/tokenizer/spiece.model", import.meta.url),
	);
	const tokenizer = { name: "T5/tokenizer", spiece, config: { extra_ids: 0 } };
	return T5TextEncoder.create({ name: "T5", config: json("reference/T5/config.json"), weights, tokenizer });
}

/** With a use's own hidden states, or, of a model too small for them, others. */
export async function qwen3(name: Qwen3UseName, taps: readonly number[]): Promise<Qwen3TextEncoder> {
	const folder = new URL("../../packages/encoders-qwen3/src/fixtures/model", import.meta.url);
	return Qwen3TextEncoder.fromPretrained(fileURLToPath(folder), { use: { ...QWEN3_USES[name], taps }, maxLength: 64 });
}

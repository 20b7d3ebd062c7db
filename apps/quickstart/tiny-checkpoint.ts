import { mkdir, writeFile } from "node:fs/promises";
import { dirname, join } from "node:path";
import { float32, RandomState, sizeOf, type Tensor } from "@drum/tensor";
import { writeSafetensors } from "@drum/tensor/node";

// A checkpoint of the size of a photograph, in the hub's own layout and with the published names, but with random weights:
// it shows that everything works, and draws nothing.

const WIDTH = 32;
const TOKENS = 77;
const ADAPTER_BLOCKS = 10;

const TEXT_ENCODER = {
	architectures: ["CLIPTextModel"],
	hidden_size: WIDTH,
	intermediate_size: 64,
	num_hidden_layers: 2,
	num_attention_heads: 4,
	max_position_embeddings: TOKENS,
	hidden_act: "quick_gelu",
	eos_token_id: 2,
	vocab_size: 514,
};

const UNET = {
	_class_name: "UNet2DConditionModel",
	in_channels: 4,
	out_channels: 4,
	sample_size: 16,
	block_out_channels: [32, 64],
	layers_per_block: 1,
	down_block_types: ["CrossAttnDownBlock2D", "DownBlock2D"],
	up_block_types: ["UpBlock2D", "CrossAttnUpBlock2D"],
	cross_attention_dim: WIDTH,
	attention_head_dim: 4,
	norm_num_groups: 8,
};

const VAE = {
	_class_name: "AutoencoderKL",
	in_channels: 3,
	out_channels: 3,
	latent_channels: 4,
	block_out_channels: [16, 16, 32, 32],
	layers_per_block: 1,
	norm_num_groups: 8,
	down_block_types: new Array(4).fill("DownEncoderBlock2D"),
	up_block_types: new Array(4).fill("UpDecoderBlock2D"),
};

const SCHEDULER = {
	_class_name: "PNDMScheduler",
	beta_start: 0.00085,
	beta_end: 0.012,
	beta_schedule: "scaled_linear",
	num_train_timesteps: 1000,
	skip_prk_steps: true,
	steps_offset: 1,
	set_alpha_to_one: false,
};

/** Tensors by name, drawn as a new network's are: unit norms, no biases, weights by the square root of what they sum. */
class Weights {
	readonly tensors: Record<string, Tensor> = {};
	readonly #random: RandomState;

	constructor(seed: number) {
		this.#random = new RandomState(seed);
	}

	draw(name: string, dims: number[], scale = 1 / Math.sqrt(sizeOf(dims.slice(1)))): void {
		this.tensors[name] = float32(
			Float32Array.from(this.#random.randn(sizeOf(dims)), (x) => x * scale),
			dims,
		);
	}

	norm(name: string, width: number): void {
		this.tensors[`${name}.weight`] = float32(new Float32Array(width).fill(1), [width]);
		this.tensors[`${name}.bias`] = float32(new Float32Array(width), [width]);
	}

	linear(name: string, from: number, to: number, { bias = true } = {}): void {
		this.draw(`${name}.weight`, [to, from]);
		if (bias) this.tensors[`${name}.bias`] = float32(new Float32Array(to), [to]);
	}

	conv(name: string, from: number, to: number, kernel = 3): void {
		this.draw(`${name}.weight`, [to, from, kernel, kernel]);
		this.tensors[`${name}.bias`] = float32(new Float32Array(to), [to]);
	}
}

function textEncoder(): Weights {
	const w = new Weights(1);
	const { hidden_size, intermediate_size, num_hidden_layers, vocab_size } = TEXT_ENCODER;
	w.draw("text_model.embeddings.token_embedding.weight", [vocab_size, hidden_size], 1);
	w.draw("text_model.embeddings.position_embedding.weight", [TOKENS, hidden_size], 0.5);
	for (let i = 0; i < num_hidden_layers; i++) {
		const layer = `text_model.encoder.layers.${i}`;
		for (const name of ["q_proj", "k_proj", "v_proj", "out_proj"])
			w.linear(`${layer}.self_attn.${name}`, hidden_size, hidden_size);
		w.linear(`${layer}.mlp.fc1`, hidden_size, intermediate_size);
		w.linear(`${layer}.mlp.fc2`, intermediate_size, hidden_size);
		for (const name of ["layer_norm1", "layer_norm2"]) w.norm(`${layer}.${name}`, hidden_size);
	}
	w.norm("text_model.final_layer_norm", hidden_size);
	return w;
}

function resnet(w: Weights, name: string, from: number, to: number, time?: number): void {
	w.norm(`${name}.norm1`, from);
	w.conv(`${name}.conv1`, from, to);
	if (time) w.linear(`${name}.time_emb_proj`, time, to);
	w.norm(`${name}.norm2`, to);
	w.conv(`${name}.conv2`, to, to);
	if (from !== to) w.conv(`${name}.conv_shortcut`, from, to, 1);
}

function transformer(w: Weights, name: string, width: number): void {
	const block = `${name}.transformer_blocks.0`;
	w.norm(`${name}.norm`, width);
	w.conv(`${name}.proj_in`, width, width, 1);
	w.conv(`${name}.proj_out`, width, width, 1);
	for (const [attention, context] of [
		["attn1", width],
		["attn2", WIDTH],
	] as const) {
		w.linear(`${block}.${attention}.to_q`, width, width, { bias: false });
		for (const key of ["to_k", "to_v"]) w.linear(`${block}.${attention}.${key}`, context, width, { bias: false });
		w.linear(`${block}.${attention}.to_out.0`, width, width);
	}
	for (const norm of ["norm1", "norm2", "norm3"]) w.norm(`${block}.${norm}`, width);
	w.linear(`${block}.ff.net.0.proj`, width, 8 * width);
	w.linear(`${block}.ff.net.2`, 4 * width, width);
}

function unet(): Weights {
	const w = new Weights(2);
	const [low, high] = UNET.block_out_channels as [number, number];
	const time = 4 * low;
	w.conv("conv_in", 4, low);
	w.linear("time_embedding.linear_1", low, time);
	w.linear("time_embedding.linear_2", time, time);
	resnet(w, "down_blocks.0.resnets.0", low, low, time);
	transformer(w, "down_blocks.0.attentions.0", low);
	w.conv("down_blocks.0.downsamplers.0.conv", low, low);
	resnet(w, "down_blocks.1.resnets.0", low, high, time);
	for (const i of [0, 1]) resnet(w, `mid_block.resnets.${i}`, high, high, time);
	transformer(w, "mid_block.attentions.0", high);
	// Each resnet on the way up takes a skip beside what comes from below.
	for (const [i, from] of [high + high, high + low].entries()) resnet(w, `up_blocks.0.resnets.${i}`, from, high, time);
	w.conv("up_blocks.0.upsamplers.0.conv", high, high);
	for (const [i, from] of [high + low, low + low].entries()) {
		resnet(w, `up_blocks.1.resnets.${i}`, from, low, time);
		transformer(w, `up_blocks.1.attentions.${i}`, low);
	}
	w.norm("conv_norm_out", low);
	w.conv("conv_out", low, 4);
	return w;
}

function vae(): Weights {
	const w = new Weights(3);
	const widths = [...VAE.block_out_channels].reverse();
	const top = widths[0]!;
	w.conv("post_quant_conv", 4, 4, 1);
	w.conv("decoder.conv_in", 4, top);
	for (const i of [0, 1]) resnet(w, `decoder.mid_block.resnets.${i}`, top, top);
	w.norm("decoder.mid_block.attentions.0.group_norm", top);
	for (const name of ["to_q", "to_k", "to_v", "to_out.0"]) w.linear(`decoder.mid_block.attentions.0.${name}`, top, top);
	for (const [i, width] of widths.entries()) {
		for (const j of [0, 1])
			resnet(w, `decoder.up_blocks.${i}.resnets.${j}`, j === 0 ? (widths[i - 1] ?? top) : width, width);
		if (i < widths.length - 1) w.conv(`decoder.up_blocks.${i}.upsamplers.0.conv`, width, width);
	}
	const last = widths.at(-1)!;
	w.norm("decoder.conv_norm_out", last);
	w.conv("decoder.conv_out", last, 3);
	return w;
}

function adapter(): Weights {
	const w = new Weights(4);
	w.draw("base_query", [1, TOKENS + 1, WIDTH], 0.02);
	for (let i = 0; i < ADAPTER_BLOCKS; i++) {
		for (const name of ["query", "key", "value", "proj"]) w.linear(`tf.${i}.attn.${name}`, WIDTH, WIDTH);
		w.linear(`tf.${i}.ff.0`, WIDTH, WIDTH / 4);
		w.linear(`tf.${i}.ff.2`, WIDTH / 4, WIDTH);
		for (const norm of ["norm1", "norm2"]) w.norm(`tf.${i}.${norm}`, WIDTH);
	}
	return w;
}

/** Byte-level letters as CLIP's vocabulary has them, alone and at the end of a word, and no merges: every byte is a token. */
function vocabulary(): Record<string, number> {
	const printable = (byte: number) => (byte >= 33 && byte <= 126) || (byte >= 161 && byte <= 172) || byte >= 174;
	let others = 256;
	const letters = Array.from({ length: 256 }, (_, byte) => String.fromCodePoint(printable(byte) ? byte : others++));
	const tokens = [...letters, ...letters.map((letter) => `${letter}</w>`), "<|startoftext|>", "<|endoftext|>"];
	return Object.fromEntries(tokens.map((token, id) => [token, id]));
}

/** Writes the checkpoint to `model` and the adapter to `adapters`. */
export async function writeTinyCheckpoint(model: string, adapters: string): Promise<void> {
	const json = async (path: string, value: unknown) => {
		await mkdir(dirname(join(model, path)), { recursive: true });
		await writeFile(join(model, path), `${JSON.stringify(value, null, 2)}\n`);
	};
	await json("model_index.json", { _class_name: "StableDiffusionPipeline" });
	await json("scheduler/scheduler_config.json", SCHEDULER);
	await json("text_encoder/config.json", TEXT_ENCODER);
	await json("tokenizer/vocab.json", vocabulary());
	await writeFile(join(model, "tokenizer/merges.txt"), "#version: 0.2\n");
	await json("unet/config.json", UNET);
	await json("vae/config.json", VAE);
	await mkdir(join(adapters, "weight"), { recursive: true });
	await writeSafetensors(join(model, "text_encoder/model.safetensors"), textEncoder().tensors);
	await writeSafetensors(join(model, "unet/diffusion_pytorch_model.safetensors"), unet().tensors);
	await writeSafetensors(join(model, "vae/diffusion_pytorch_model.safetensors"), vae().tensors);
	await writeSafetensors(join(adapters, "weight/L.safetensors"), adapter().tensors);
}

import { cp, mkdtemp, readFile, rename, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { StableDiffusion } from "@drum/pipelines-sd";
import { DrumError, parseSafetensors, serializeSafetensors, type Tensor } from "@drum/tensor";
import { afterAll, afterEach, describe, expect, test } from "vitest";

// Broken copies of a tiny checkpoint: each is refused by a typed error that names the file, the field or the weight.

const whole = fileURLToPath(new URL("../golden/fixtures/sd1", import.meta.url));
const root = await mkdtemp(join(tmpdir(), "drum-bad-input-"));
afterAll(() => rm(root, { recursive: true }));
const folder = join(root, "checkpoint");
afterEach(() => rm(folder, { recursive: true, force: true }));

/** Opens a copy of the checkpoint after `damage`, which must fail. */
async function refusal(damage: () => Promise<unknown>): Promise<DrumError> {
	await cp(whole, folder, { recursive: true });
	await damage();
	try {
		await (await StableDiffusion.fromPretrained(folder)).release();
	} catch (error) {
		if (DrumError.is(error)) return error;
		throw error;
	}
	throw new Error("it was opened");
}

const at = (path: string) => join(folder, path);
const write = (path: string, data: string | Uint8Array) => writeFile(at(path), data);

async function setJson(path: string, change: Record<string, unknown>): Promise<void> {
	await write(path, JSON.stringify({ ...JSON.parse(await readFile(at(path), "utf8")), ...change }));
}

async function setTensors(path: string, change: (tensors: Map<string, Tensor>) => void): Promise<void> {
	const { tensors, metadata } = parseSafetensors(await readFile(at(path)), path);
	change(tensors);
	await write(path, serializeSafetensors(tensors, metadata));
}

/** Writes a safetensors file of this header and `bytes` zeros. */
function raw(header: object | string, bytes: number): Uint8Array {
	const text = Buffer.from(typeof header === "string" ? header : JSON.stringify(header));
	const length = Buffer.alloc(8);
	length.writeBigUInt64LE(BigInt(text.length));
	return Buffer.concat([length, text, Buffer.alloc(bytes)]);
}

const COMPONENTS = [
	["text_encoder", "text_encoder/model.safetensors", "text_model.final_layer_norm.weight"],
	["unet", "unet/diffusion_pytorch_model.safetensors", "conv_in.weight"],
	["vae", "vae/diffusion_pytorch_model.safetensors", "decoder.conv_in.weight"],
] as const;

describe("a checkpoint's folder", () => {
	test.each([
		["that is not there", "no/such/folder/at all"],
		["that is a file", join(whole, "model_index.json")],
	])("%s is an ArgumentError that names it", async (_, source) => {
		await expect(StableDiffusion.fromPretrained(source)).rejects.toMatchObject({
			code: "argument",
			what: expect.stringContaining(source),
		});
	});

	test.each([
		"model_index.json",
		"unet/config.json",
		"vae/config.json",
		"text_encoder/config.json",
		"scheduler/scheduler_config.json",
	])("without %s is a FileError that names it", async (file) => {
		const error = await refusal(() => rm(at(file)));
		expect([error.code, error.message]).toEqual(["file", expect.stringContaining(file)]);
	});

	test.each([
		["FluxPipeline", "Flux of @drum/pipelines-flux"],
		["StableDiffusionXLImg2ImgPipeline", "This is SDXL's refiner"],
		["KandinskyPipeline", ""],
		[undefined, ""],
	])("of a %s says what this package runs", async (kind, next) => {
		const error = await refusal(() => setJson("model_index.json", { _class_name: kind }));
		const expected =
			"StableDiffusionPipeline or LatentConsistencyModelPipeline or StableDiffusionXLPipeline or StableDiffusion3Pipeline";
		expect(error).toMatchObject({ code: "checkpoint", expected, found: kind ?? "none" });
		expect(error.next ?? "").toContain(next);
	});

	test("of one model under another's class names what that one lacks", async () => {
		const error = await refusal(() => setJson("model_index.json", { _class_name: "StableDiffusionXLPipeline" }));
		expect([error.code, error.message]).toEqual(["file", expect.stringContaining("text_encoder_2/config.json")]);
	});

	test.each([
		"model_index.json",
		"unet/config.json",
		"vae/config.json",
		"text_encoder/config.json",
		"scheduler/scheduler_config.json",
		"tokenizer/vocab.json",
		"tokenizer/tokenizer_config.json",
	])("with a broken %s names it", async (file) => {
		// A tokenizer's settings have defaults, so that none are as good as empty ones.
		const none = file.endsWith("tokenizer_config.json") ? [] : ["null"];
		for (const text of ["", '{"a":', "[1, 2]", '"text"', ...none]) {
			const error = await refusal(() => write(file, text));
			expect(error.code).toBe("checkpoint");
			expect(error.message).toContain(
				file.startsWith("tokenizer") ? "tokenizer" : (file.split("/").at(-2) ?? file).slice(0, 5),
			);
		}
	});

	test("without a tokenizer names its folder", async () => {
		const error = await refusal(() => rm(at("tokenizer"), { recursive: true }));
		expect([error.code, error.message]).toEqual(["checkpoint", expect.stringContaining("tokenizer")]);
	});
});

describe("a configuration", () => {
	test.each<[string, string, unknown]>([
		["text_encoder", "hidden_size", undefined],
		["text_encoder", "hidden_size", 33],
		["text_encoder", "num_attention_heads", 0],
		["text_encoder", "num_attention_heads", 5],
		["text_encoder", "num_hidden_layers", -1],
		["text_encoder", "num_hidden_layers", 1e9],
		["text_encoder", "layer_norm_eps", "small"],
		["text_encoder", "hidden_act", "sine"],
		["unet", "block_out_channels", undefined],
		["unet", "block_out_channels", []],
		["unet", "block_out_channels", [16, 1e12]],
		["unet", "cross_attention_dim", 48],
		["unet", "attention_head_dim", 17],
		["unet", "in_channels", 8],
		["unet", "out_channels", 8],
		["unet", "norm_num_groups", 0],
		["unet", "down_block_types", ["KDownBlock2D", "DownBlock2D"]],
		["unet", "class_embed_type", "timestep"],
		["unet", "layers_per_block", 1e6],
		["vae", "block_out_channels", [8]],
		["vae", "latent_channels", 16],
		["vae", "latent_channels", undefined],
		["vae", "scaling_factor", 0],
		["vae", "norm_num_groups", 3],
		["vae", "layers_per_block", 1.5],
		["vae", "act_fn", "relu6"],
		["vae", "out_channels", 1],
		["vae", "out_channels", 4],
	])("%s with %s: %j is refused by name, whatever its weights are", async (component, field, value) => {
		const error = await refusal(async () => {
			await setJson(`${component}/config.json`, { [field]: value });
			// Nobody looks at weights that a configuration already rules out.
			for (const [, file] of COMPONENTS) await rm(at(file));
		});
		expect(error.code).toBe("checkpoint");
		expect(error.message).toContain(field);
	});

	test.each<[string, unknown]>([
		["num_train_timesteps", -5],
		["num_train_timesteps", "many"],
		["beta_schedule", "cosine of something"],
		["prediction_type", "flow"],
	])("scheduler_config.json with %s: %j, which no sampler can use, is refused by name", async (field, value) => {
		const error = await refusal(() => setJson("scheduler/scheduler_config.json", { [field]: value }));
		expect([error.code, error.what]).toEqual(["checkpoint", `${field} in scheduler_config.json`]);
	});

	const absent = ["KarrasVeScheduler", "ScoreSdeVeScheduler"];
	test.each(absent)("of a sampler that is not here, %s, opens, and draws by another that is chosen", async (name) => {
		await cp(whole, folder, { recursive: true });
		await setJson("model_index.json", { scheduler: ["diffusers", name] });
		await using sd = await StableDiffusion.fromPretrained(folder);
		await expect(sd.generate("a lighthouse", { numInferenceSteps: 1 })).rejects.toMatchObject({
			...{ code: "checkpoint", found: `"${name}"`, next: expect.stringContaining("dpm++2m") },
		});
		const { images } = await sd.generate("a lighthouse", {
			numInferenceSteps: 1,
			scheduler: "dpm++2m",
			height: 32,
			width: 32,
		});
		expect(images.length).toBe(1);
	});
});

describe.each(COMPONENTS)("the weights of %s", (component, file, weight) => {
	const damaged = async (bytes: (whole: Buffer) => Uint8Array) => {
		const error = await refusal(async () => write(file, bytes(await readFile(at(file)))));
		expect(error.code).toBe("checkpoint");
		expect(error.message).toContain(file);
	};
	const entry = (start: number, end: number) => ({
		dtype: "F32",
		shape: [(end - start) / 4],
		data_offsets: [start, end],
	});

	test("that are not there, or pickled alone, are missed by name", async () => {
		const missing = await refusal(() => rm(at(file)));
		expect([missing.code, missing.what]).toEqual(["checkpoint", expect.stringContaining(component)]);
		const pickled = await refusal(async () => {
			for (const name of [file, file.replace(".safetensors", ".fp16.safetensors")]) await rm(at(name));
			await write(
				component === "text_encoder" ? "text_encoder/pytorch_model.bin" : file.replace("safetensors", "bin"),
				"pickle",
			);
		});
		expect(pickled.found).toContain("pickled");
	});

	test("cut off, empty, or a pointer to large storage, name the file", async () => {
		for (const length of [0, 7, 8, 1000]) await damaged((all) => all.subarray(0, length));
		await damaged((all) => all.subarray(0, all.length - 1));
		await damaged(() => Buffer.from("version https://git-lfs.github.com/spec/v1\noid sha256:0\nsize 1\n"));
	});

	test("whose header lies name the file", async () => {
		await damaged(() => raw({ a: entry(0, 8), b: entry(4, 12) }, 12));
		await damaged(() => raw({ a: entry(0, 800) }, 8));
		await damaged(() => raw({ a: { ...entry(0, 8), shape: [3] } }, 8));
		await damaged(() => raw("{", 8));
		await damaged((all) => {
			const huge = Buffer.from(all);
			huge.writeBigUInt64LE(2n ** 60n);
			return huge;
		});
	});

	test("of another shape, of integers, or missing, are named", async () => {
		const changed = async (change: (tensors: Map<string, Tensor>) => void) => {
			const error = await refusal(() => setTensors(file, change));
			expect([error.code, error.what]).toEqual(["checkpoint", expect.stringContaining(weight)]);
			return error;
		};
		await changed((tensors) => tensors.delete(weight));
		const twoOf: Tensor = { type: "float32", dims: [2], data: new Float32Array(2) };
		expect((await changed((tensors) => tensors.set(weight, twoOf))).found).toBe("[2]");
		const integers = (tensors: Map<string, Tensor>) => {
			const { dims, data } = tensors.get(weight)!;
			tensors.set(weight, { type: "int32", dims, data: new Int32Array(data.length) });
		};
		expect((await changed(integers)).found).toBe("int32");
	});

	test("whose index points outside, or to a file without them, are refused", async () => {
		const index = `${file}.index.json`;
		for (const shard of ["../../secret.safetensors", "/etc/passwd", "C:\\weights.safetensors", 5]) {
			const error = await refusal(async () => {
				await rename(at(file), at(`${component}/other.safetensors`));
				await write(index, JSON.stringify({ weight_map: { [weight]: shard } }));
			});
			expect([error.code, error.message]).toEqual(["checkpoint", expect.stringContaining(index)]);
		}
		const error = await refusal(async () => {
			await rename(at(file), at(`${component}/other.safetensors`));
			await write(index, JSON.stringify({ weight_map: { "no such weight": "other.safetensors" } }));
		});
		expect(error.message).toContain("no such weight");
	});
});

test("weights that are no numbers end a run with an error that names the first of them and its file", async () => {
	for (const [, file, weight] of COMPONENTS) {
		await cp(whole, folder, { recursive: true });
		await setTensors(file, (tensors) => (tensors.get(weight)!.data as Float32Array).fill(Number.NaN));
		await using sd = await StableDiffusion.fromPretrained(folder);
		const run = sd.generate("a lighthouse", { numInferenceSteps: 2, height: 32, width: 32 });
		await expect(run).rejects.toMatchObject({
			code: "checkpoint",
			what: expect.stringMatching(`^weight ${weight} of .*${file}$`),
			found: expect.stringContaining(file),
		});
	}
});

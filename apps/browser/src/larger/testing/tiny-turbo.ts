import { readdir, readFile } from "node:fs/promises";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { float32ToFloat16, parseSafetensors, serializeSafetensors, type Tensor } from "@drum/tensor";

const FIXTURES = fileURLToPath(new URL("../../../../../test/golden/fixtures", import.meta.url));
/** Settings of SD-Turbo's scheduler. */
const SCHEDULER = {
	...{ _class_name: "EulerDiscreteScheduler", prediction_type: "epsilon", timestep_spacing: "trailing" },
	...{ beta_start: 0.00085, beta_end: 0.012, beta_schedule: "scaled_linear", steps_offset: 1 },
};

type Files = Record<string, Uint8Array>;

/**
 * A tiny random Stable Diffusion 2 under the names that SD-Turbo's files have on the hub, in half precision and in float32, and the
 * adapters of its encoder and others.
 */
export async function tinyTurbo(): Promise<{ turbo: Files; adapters: Files }> {
	const turbo: Files = { "sd_turbo.safetensors": new Uint8Array(100_000) };
	const stored = await filesOf("sd2");
	for (const [path, bytes] of Object.entries(stored)) {
		turbo[path] = bytes;
		if (path.endsWith(".safetensors")) turbo[path.replace(/\.safetensors$/, ".fp16.safetensors")] = halved(bytes, path);
	}
	const index = JSON.parse(new TextDecoder().decode(stored["model_index.json"])) as object;
	turbo["model_index.json"] = json({ ...index, scheduler: ["diffusers", SCHEDULER._class_name] });
	turbo["scheduler/scheduler_config.json"] = json(SCHEDULER);
	return { turbo: Object.fromEntries(Object.entries(turbo).sort()), adapters: await filesOf("adapters") };
}

async function filesOf(fixture: string): Promise<Files> {
	const folder = join(FIXTURES, fixture);
	const entries = (await readdir(folder, { recursive: true, withFileTypes: true })).filter((entry) => entry.isFile());
	const files: Files = {};
	for (const { parentPath, name } of entries) {
		const path = join(parentPath, name);
		files[path.slice(folder.length + 1)] = await readFile(path);
	}
	return files;
}

function halved(bytes: Uint8Array, name: string): Uint8Array {
	const { tensors } = parseSafetensors(bytes, name);
	const half = (tensor: Tensor): Tensor =>
		tensor.type === "float32"
			? { type: "float16", dims: tensor.dims, data: float32ToFloat16(tensor.data as Float32Array) }
			: tensor;
	return serializeSafetensors(new Map([...tensors].map(([key, tensor]) => [key, half(tensor)])));
}

const json = (value: object) => new TextEncoder().encode(JSON.stringify(value));
